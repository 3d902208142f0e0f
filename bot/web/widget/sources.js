// Whether a source still holds, in words, from what the server knows of it.
function validity({ in_force: inForce, effective_from: from, effective_to: to }) {
  const whole = (date) => /^\d{4}-\d{2}-\d{2}$/.test(date || '');
  if (inForce === true) {
    const dates = [from && SAY.since(spokenDate(from)), to && SAY.until(spokenDate(to))];
    return { kind: 'yes', text: [SAY.inForce, ...dates.filter(Boolean)].join(', ') };
  }
  if (inForce !== false) return { kind: 'unknown', text: SAY.noValidity };
  if (from && from > today()) return { kind: 'soon', text: SAY.startsFrom(spokenDate(from)) };
  if (!to) return { kind: 'no', text: SAY.ended };
  // effective_to is the last day on which the document still held.
  return { kind: 'no', text: whole(to) ? SAY.endedFrom(nextDay(to)) : SAY.endedAfter(spokenDate(to)) };
}

function sourceCard(citations) {
  const [citation] = citations;
  const force = validity(citation);
  const href = citation.url && safeUrl(citation.url, ['https:', 'http:']);
  const rows = [
    ['number', citation.number], ['section', citation.section], ['issuer', citation.issuer],
    ['issued', citation.issued && spokenDate(citation.issued)], ['validity', force.text],
    ['checked', citation.checked_on && spokenDate(citation.checked_on)],
  ].filter(([name, value]) => value || name === 'checked');
  return h('div', { class: 'card' },
    h('dl', {}, rows.map(([name, value]) => h('div', { class: `fact ${name} ${name === 'validity' ? force.kind : ''}` },
      h('dt', {}, `${SAY.facts[name]}: `), h('dd', {}, value || SAY.unknown)))),
    h('p', { class: 'card-title' }, SAY.quote),
    citations.map(({ quote }) => h('blockquote', {}, quote)),
    href && h('p', { class: 'official' }, link(href, SAY.official)),
    citation.sheet && h('p', { class: 'official' }, link(safeUrl(citation.sheet), SAY.sheet)));
}

// The numbered chip of a source, and the card that it opens. `citations`: all of the same section of one document.
function source(citations) {
  const [citation] = citations;
  const numbers = citations.map(({ n }) => n);
  const card = sourceCard(citations);
  const force = validity(citation);
  const place = [citation.number, citation.section].filter(Boolean).join(' · ');
  const known = force.kind !== 'unknown';
  const chip = disclosure([''], 'chip', card);
  chip.append(
    hiddenText(SAY.source(numbers)),
    h('span', { class: 'n', 'aria-hidden': 'true' }, numbers.map((n) => `[${n}]`).join('')),
    h('span', { class: 'chip-text' }, h('strong', {}, citation.title), place && h('span', { class: 'small' }, ` ${place}`),
      known && h('span', { class: `small ${force.kind}` }, ` ${force.text}`)));
  return h('div', { class: 'source' }, chip, card);
}

function sourceLine(citation) {
  const parts = [citation.title, citation.number, citation.section, citation.issuer,
    citation.issued && spokenDate(citation.issued), validity(citation).text, citation.url];
  return `[${citation.n}] ${parts.filter(Boolean).join(' · ')}`;
}

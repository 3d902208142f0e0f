// The text of an answer taken apart: what comes before the quotes, each quote with its source, and the notes after.
// Without a match for every source it is all introduction, shown as it came.
function takeApart(text, citations) {
  const parts = [];
  let rest = 0;
  for (const citation of citations) {
    const cited = `${citation.quote} [${citation.n}]`;
    const at = text.indexOf(cited, rest);
    if (!citation.quote || at < 0) return { intro: text, parts: [], notes: '' };
    parts.push({ citation, lead: text.slice(rest, at).trim(), text: cited });
    rest = at + cited.length;
  }
  const intro = parts.length ? parts[0].lead : text;
  if (parts.length) parts[0].lead = '';
  return { intro, parts, notes: parts.length ? text.slice(rest).trim() : '' };
}

const sameSource = (a, b) => a.document_id === b.document_id && a.section === b.section;

// Citations that follow each other in the same source, together.
function grouped(citations) {
  const groups = [];
  for (const citation of citations) {
    const last = groups[groups.length - 1];
    if (last && sameSource(last[0], citation)) last.push(citation);
    else groups.push([citation]);
  }
  return groups;
}

function quoted(parts, folds) {
  const text = parts.map(({ lead, text: quote }) => (lead ? `${lead}\n${quote}` : quote)).join('\n');
  const cut = folds ? foldPoint(text) : 0;
  const chips = h('div', { class: 'sources' }, grouped(parts.map(({ citation }) => citation)).map(source));
  if (!cut) return [h('div', { class: 'quoted' }, blocks(text)), chips];
  const rest = h('div', {}, blocks(text.slice(cut)));
  const body = h('div', { class: 'quoted' }, blocks(text.slice(0, cut)), rest);
  const toggle = disclosure([SAY.more, SAY.less], 'fold', rest);
  return [body, toggle, chips];
}

// The first source with its quote at once; others behind one button. What goes on in the same section of the same
// document is one answer and stays together. In an emergency nothing is hidden.
function answerBody({ text, status, citations }) {
  const { intro, parts, notes } = takeApart(text, citations);
  const urgent = status === 'urgent';
  const split = urgent ? parts.length : parts.findIndex((part) => !sameSource(part.citation, parts[0].citation));
  const first = split < 0 ? parts : parts.slice(0, split);
  const others = parts.slice(first.length);
  const nodes = [h('div', { class: parts.length ? 'intro' : '' }, blocks(intro))];
  if (!parts.length && citations.length) nodes.push(h('div', { class: 'sources' }, grouped(citations).map(source)));
  if (first.length) nodes.push(...quoted(first, !urgent));
  if (notes) nodes.push(h('div', { class: 'notes' }, blocks(notes)));
  if (others.length) {
    const more = h('div', { class: 'more' }, others.map((part) => quoted([part], true)));
    nodes.push(disclosure([SAY.moreSources(others.length), SAY.lessSources], 'fold', more), more);
  }
  return h('div', { class: 'text' }, nodes);
}

function copyText({ text, citations }) {
  return [text, ...(citations.length ? ['', SAY.sources, ...citations.map(sourceLine)] : [])].join('\n');
}

// Pages on plain http have no clipboard of their own, and offices may well serve one; some browsers refuse theirs.
async function toClipboard(text, root) {
  try {
    await navigator.clipboard.writeText(text);
    return;
  } catch (error) {
    // the old way, then
  }
  const box = h('textarea', { class: 'sr-only', readonly: true, 'aria-hidden': 'true' });
  const focused = root.activeElement;
  box.value = text;
  (root.querySelector('dialog[open]') || root).append(box);
  box.select();
  const done = document.execCommand('copy');
  box.remove();
  if (focused) focused.focus();
  if (!done) throw new Error('copy');
}

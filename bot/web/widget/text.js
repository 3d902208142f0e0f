// Text of the server as nodes: paragraphs, lists, bold, links. Nothing is ever read as HTML.
const INLINE = /\*\*([^*\n]+)\*\*|\[([^\]\n]+)\]\(([^)\s]+)\)|(https?:\/\/[^\s<>"“”[\]]+)/g;
const BULLET = /^\s*[-•*+–]\s+/;
const NUMBERED = /^\s*(\d{1,2})[.)]\s+/;
const FOLD_AT = 400;
const FOLD_LEAST = 120;

function inline(line) {
  const nodes = [];
  let done = 0;
  for (const match of line.matchAll(INLINE)) {
    const [whole, bold, label, target, bare] = match;
    const used = bare ? bare.replace(/[.,;:!?…'’»)}]+$/, '') : whole;
    const href = target ? safeUrl(target) : bare && safeUrl(used);
    if (!bold && !href) continue;
    nodes.push(line.slice(done, match.index), bold ? h('strong', {}, bold) : link(href, label || used));
    done = match.index + used.length;
  }
  return [...nodes, line.slice(done)];
}

function blocks(text) {
  const nodes = [];
  let gap = false;
  for (const line of text.split(/\r?\n/)) {
    const number = NUMBERED.exec(line);
    const list = number ? 'OL' : BULLET.test(line) ? 'UL' : '';
    const last = nodes[nodes.length - 1];
    if (list) {
      const item = h('li', number ? { value: number[1] } : {}, inline(line.replace(number ? NUMBERED : BULLET, '')));
      if (last && last.tagName === list) last.append(item);
      else nodes.push(h(list, {}, item));
    } else if (line.trim()) {
      nodes.push(h('p', { class: gap && nodes.length ? 'gap' : null }, inline(line.trim())));
    }
    gap = !line.trim();
  }
  return nodes;
}

// Where a long text may be folded: after the last sentence or line that ends within reach; 0 if it is short enough.
function foldPoint(text) {
  if (text.length < FOLD_AT + FOLD_LEAST) return 0;
  let best = 0;
  for (const match of text.matchAll(/[\p{Ll}\d)”"%][.!?…;]+(?=\s)|\n/gu)) {
    const end = match.index + match[0].length;
    const line = text.slice(text.lastIndexOf('\n', match.index) + 1, end);
    if (/^\s*\d{1,2}[.)]?$/.test(line) || end < FOLD_AT / 2) continue;
    if (end > FOLD_AT && best) break;
    best = end;
    if (end > FOLD_AT) break;
  }
  return text.length - best < FOLD_LEAST ? 0 : best;
}

// Days as Vietnamese people write them: 2026-07-01 → 01/7/2026, 2026-07 → 7/2026.
function spokenDate(value) {
  const [year, month, day] = String(value).slice(0, 10).split('-');
  if (!month) return year;
  return day ? `${day}/${Number(month)}/${year}` : `${Number(month)}/${year}`;
}

function nextDay(value) {
  const day = new Date(`${value}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() + 1);
  return spokenDate(day.toISOString());
}

function today() {
  const now = new Date();
  return new Date(now - now.getTimezoneOffset() * 60000).toISOString().slice(0, 10);
}

function clock(moment) {
  const time = new Date(moment);
  if (Number.isNaN(time.getTime())) return '';
  const hour = `${String(time.getHours()).padStart(2, '0')}:${String(time.getMinutes()).padStart(2, '0')}`;
  return time.toDateString() === new Date().toDateString() ? hour : `${hour} ngày ${time.getDate()}/${time.getMonth() + 1}`;
}

(() => {
  'use strict';

  const MAX_LENGTH = 2000;
  const COUNTER_FROM = 1800;
  const TIMEOUT_MS = 35000;
  const TYPING_DELAY_MS = 300;
  const SENDER_KEY = 'chat-sender';

  const SAY = {
    bot: 'Trợ lý:',
    user: 'Anh/chị:',
    error: 'Thông báo:',
    sources: 'Nguồn (bấm để xem trích dẫn):',
    typing: 'Đang tra cứu tài liệu…',
    retry: 'Gửi lại',
    greeting: 'Xin chào anh/chị. Anh/chị hãy nhập câu hỏi vào ô bên dưới.',
    offline: 'Không kết nối được với máy chủ. Anh/chị hãy kiểm tra mạng rồi bấm “Gửi lại”.',
    timeout: 'Máy chủ trả lời quá lâu nên đã ngừng chờ. Anh/chị hãy bấm “Gửi lại” để thử lần nữa.',
    broken: 'Hệ thống đang gặp trục trặc, chưa trả lời được. Anh/chị hãy bấm “Gửi lại” sau ít phút.',
  };

  const byId = (id) => document.getElementById(id);
  const scroller = byId('chat-scroll');
  const log = byId('chat-log');
  const statusBox = byId('chat-status');
  const input = byId('chat-input');
  const sendButton = byId('chat-send');
  const counter = byId('chat-counter');

  const touch = matchMedia('(pointer: coarse)').matches;

  let busy = false;
  let failed = null; // the turn shown with an error bubble whose text is back in the input

  function h(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
    node.append(...children.filter((child) => child !== null));
    return node;
  }

  function newId() {
    // randomUUID is missing on plain http, where offices may well serve this page.
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  function loadSender() {
    const fresh = newId();
    try {
      const kept = sessionStorage.getItem(SENDER_KEY);
      if (!kept) sessionStorage.setItem(SENDER_KEY, fresh);
      return kept || fresh;
    } catch (error) {
      return fresh; // storage blocked: the id lives as long as the page
    }
  }

  const sender = loadSender();

  async function request(path, options) {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), TIMEOUT_MS);
    let response, body;
    try {
      response = await fetch(path, { ...options, signal: controller.signal });
      body = await response.json();
    } catch (error) {
      if (controller.signal.aborted) throw new Error(SAY.timeout);
      if (!response || !(error instanceof SyntaxError)) throw new Error(SAY.offline);
    } finally {
      clearTimeout(timer);
    }
    if (!response.ok) {
      const told = body && body.error && body.error.message;
      throw new Error(typeof told === 'string' && told ? told : SAY.broken);
    }
    if (!body || !Array.isArray(body.messages) || !body.messages.length) throw new Error(SAY.broken);
    return body.messages;
  }

  const atEnd = () => scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - 4;
  const toEnd = () => { scroller.scrollTop = scroller.scrollHeight; };

  function safeUrl(text) {
    try {
      const url = new URL(text);
      return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null;
    } catch (error) {
      return null;
    }
  }

  const externalLink = (href, ...children) => h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, ...children);

  function citeButton(number, open) {
    const button = h('button', { type: 'button', class: 'cite', 'aria-label': `Xem nguồn [${number}]` }, `[${number}]`);
    button.addEventListener('click', open);
    return button;
  }

  function inlineNodes(line, openers) {
    const nodes = [];
    const pattern = /(https?:\/\/[^\s<>"“”[\]]+)|\[(\d{1,2}(?:\s*,\s*\d{1,2})*)\]/gi;
    let done = 0;
    for (const match of line.matchAll(pattern)) {
      let used = match[0];
      let made = null;
      if (match[1]) {
        used = match[1].replace(/[.,;:!?…'’»)}]+$/, '');
        const href = safeUrl(used);
        if (href) made = [externalLink(href, used, h('span', { class: 'sr-only' }, ' (mở thẻ mới)'))];
      } else {
        const numbers = match[2].split(',').map(Number);
        if (numbers.every((n) => openers.has(n))) made = numbers.map((n) => citeButton(n, openers.get(n)));
      }
      if (!made) continue;
      nodes.push(line.slice(done, match.index), ...made);
      done = match.index + used.length;
    }
    nodes.push(line.slice(done));
    return nodes.filter((node) => node !== '');
  }

  function textBlock(text, openers) {
    const block = h('div', { class: 'text' });
    let gap = false;
    for (const line of String(text || '').split(/\r?\n/)) {
      if (line.trim()) {
        const item = /^\s*[-•*+–]\s/.test(line) ? 'bullet' : /^\s*\d{1,2}[.)]\s/.test(line) ? 'numbered' : '';
        block.append(h('p', { class: gap ? `${item} gap` : item }, ...inlineNodes(line.trim(), openers)));
      }
      gap = !line.trim();
    }
    return block;
  }

  function showDate(iso) {
    const parts = /^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?(?:T|$)/.exec(iso);
    return parts ? parts.slice(1).filter(Boolean).reverse().join('/') : String(iso);
  }

  function validity({ in_force: inForce, effective_from: from, effective_to: to }) {
    const today = new Date().toISOString().slice(0, 10);
    if (inForce === true) {
      const dates = [from && `từ ${showDate(from)}`, to && `hết hiệu lực từ ${showDate(to)}`].filter(Boolean).join(', ');
      return { kind: 'yes', text: dates ? `Còn hiệu lực (${dates})` : 'Còn hiệu lực' };
    }
    if (from && from > today) {
      return { kind: 'no', badge: 'Chưa có hiệu lực', text: `Có hiệu lực từ ${showDate(from)} (hiện chưa có hiệu lực)` };
    }
    if (inForce === false || (to && to <= today)) {
      return { kind: 'no', badge: 'Hết hiệu lực', text: to ? `Hết hiệu lực từ ${showDate(to)}` : 'Hết hiệu lực' };
    }
    return {
      kind: 'unknown',
      text: from ? `Có hiệu lực từ ${showDate(from)}, không rõ nay còn hiệu lực hay không` : 'Không rõ hiệu lực',
    };
  }

  function sourceDetails(citation) {
    const state = validity(citation);
    const place = [citation.number, citation.section].filter(Boolean).join(', ');
    const name = `[${citation.n}] ${citation.title || 'Tài liệu'}${place ? ` – ${place}` : ''}`;
    const facts = h('ul', { class: 'facts' });
    if (citation.issuer) facts.append(h('li', {}, `Cơ quan ban hành: ${citation.issuer}`));
    if (citation.issued) facts.append(h('li', {}, `Ngày ban hành: ${showDate(citation.issued)}`));
    facts.append(h('li', { class: `force ${state.kind}` }, state.text));
    if (citation.checked_on) facts.append(h('li', {}, `Kiểm tra ngày ${showDate(citation.checked_on)}`));

    const href = safeUrl(citation.url);
    return h('details', { 'data-n': citation.n },
      h('summary', {}, h('span', {}, `${name} `, state.badge ? h('span', { class: 'badge' }, state.badge) : null)),
      h('div', { class: 'source-body' },
        citation.quote ? h('blockquote', {}, String(citation.quote)) : null,
        facts,
        href ? h('p', {}, externalLink(href, 'Mở trang gốc (mở thẻ mới)')) : null));
  }

  function openSource(details) {
    details.open = true;
    details.querySelector('summary').focus({ preventScroll: true });
    details.scrollIntoView({ block: 'nearest' });
  }

  function bubble(kind, status, ...content) {
    const label = h('p', { class: 'who' }, SAY[kind]);
    if (status === 'urgent') label.append(' ', h('span', { class: 'badge' }, 'Khẩn cấp'));
    return h('div', { class: `message ${kind}`, 'data-status': status }, label, ...content);
  }

  function addBot(message) {
    const citations = Array.isArray(message.citations) ? message.citations : [];
    const buttons = Array.isArray(message.buttons) ? message.buttons : [];
    const all = citations.map(sourceDetails);
    const openers = new Map(citations.map((citation, i) => [citation.n, () => openSource(all[i])]));
    const node = bubble('bot', message.status || 'answered', textBlock(message.text, openers));
    const title = h('p', { class: 'sources-title' }, SAY.sources);
    if (message.message_id) node.dataset.messageId = message.message_id;
    if (all.length) node.append(h('div', { class: 'sources' }, title, ...all));
    log.append(node);
    if (buttons.length) log.append(quickReplies(buttons));
    return node;
  }

  function addAll(messages) {
    const first = messages.map(addBot)[0];
    // A long answer is read from its first line; the browser clamps this for a short one.
    scroller.scrollTop = first.offsetTop - 12;
  }

  function quickReplies(buttons) {
    const group = h('div', { class: 'quick-replies', role: 'group', 'aria-label': 'Gợi ý trả lời' });
    for (const { title, payload } of buttons) {
      const button = h('button', { type: 'button' }, title);
      button.addEventListener('click', () => {
        if (busy) return;
        button.classList.add('chosen');
        send({ text: payload || title, shown: title, typed: false });
      });
      group.append(button);
    }
    return group;
  }

  function addError(text, turn) {
    const button = h('button', { type: 'button', class: 'retry' }, SAY.retry);
    const node = bubble('error', 'error', h('div', { class: 'text' }, h('p', {}, text)), button);
    node.setAttribute('role', 'alert');
    button.addEventListener('click', () => send(turn));
    turn.error = node;
    log.append(node);
    toEnd();
  }

  function refresh() {
    sendButton.disabled = busy || !input.value.trim();
    for (const button of log.querySelectorAll('.retry')) button.disabled = busy;
    const left = MAX_LENGTH - input.value.length;
    counter.textContent = input.value.length < COUNTER_FROM ? ''
      : left > 0 ? `Còn ${left} ký tự` : `Đã đủ ${MAX_LENGTH} ký tự, không nhập thêm được`;
    // Measuring the draft resizes the transcript for a moment, which would move what is being read.
    const end = atEnd();
    const top = scroller.scrollTop;
    input.style.height = 'auto';
    input.style.height = `${input.scrollHeight + input.offsetHeight - input.clientHeight}px`;
    if (end) toEnd();
    else scroller.scrollTop = top;
  }

  function placeTurn(turn) {
    if (turn.error) turn.error.remove();
    turn.error = null;
    if (!turn.node) turn.node = bubble('user', 'sent', textBlock(turn.shown, new Map()));
    if (log.lastElementChild !== turn.node) log.append(turn.node); // a retried question moves next to its answer
    for (const button of log.querySelectorAll('.quick-replies button')) button.disabled = true;
    toEnd();
  }

  async function send(turn, fromInput = false) {
    if (busy) return;
    busy = true;
    failed = null;
    placeTurn(turn);
    if (turn.typed && input.value.trim() === turn.text) input.value = '';
    refresh();
    // Tapping a suggestion must not raise a phone's keyboard over the answer.
    if (fromInput || !touch) input.focus();
    else scroller.focus({ preventScroll: true });

    const typingTimer = setTimeout(() => {
      statusBox.append(h('p', { class: 'typing' }, SAY.typing));
      toEnd();
    }, TYPING_DELAY_MS);
    let messages, problem;
    try {
      messages = await request('api/chat', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ sender, message: turn.text }),
      });
    } catch (error) {
      problem = error.message;
    }
    clearTimeout(typingTimer);
    statusBox.textContent = '';
    busy = false;
    if (messages) addAll(messages);
    else addError(problem, turn);
    if (problem && turn.typed && !input.value) {
      input.value = turn.text;
      failed = turn;
    }
    refresh();
  }

  function submitDraft() {
    const text = input.value.trim();
    if (busy || !text) return;
    // Pressing "Gửi" on the restored draft is the same retry, not a second question.
    send(failed && failed.text === text ? failed : { text, shown: text, typed: true }, true);
  }

  byId('chat-form').addEventListener('submit', (event) => {
    event.preventDefault();
    submitDraft();
  });

  input.addEventListener('input', refresh);
  input.addEventListener('keydown', (event) => {
    // 229: Safari ends a composition before its Enter, so isComposing alone is not enough.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    submitDraft();
  });

  // A phone's keyboard takes height from the transcript: keep its end in view.
  let wasAtEnd = true;
  let height = scroller.clientHeight;
  scroller.addEventListener('scroll', () => { wasAtEnd = atEnd(); }, { passive: true });
  new ResizeObserver(() => {
    if (wasAtEnd && scroller.clientHeight !== height) toEnd();
    height = scroller.clientHeight;
  }).observe(scroller);

  // iOS lays its keyboard over the page without resizing it; pinch zoom must not trigger this.
  const viewport = window.visualViewport;
  if (viewport) viewport.addEventListener('resize', () => {
    const covered = viewport.scale === 1 && window.innerHeight - viewport.height > 60;
    document.body.style.height = covered ? `${viewport.height}px` : '';
    if (covered) window.scrollTo(0, 0);
  });

  async function start() {
    refresh();
    if (!touch) input.focus();
    let messages;
    try {
      messages = await request('api/welcome');
    } catch (error) {
      messages = [{ text: SAY.greeting, status: 'smalltalk' }];
    }
    // Somebody may have asked already while the greeting was on its way.
    if (!log.childElementCount) addAll(messages);
  }

  start();
})();

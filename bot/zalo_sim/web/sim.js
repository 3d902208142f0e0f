(() => {
  'use strict';

  const POLL_MS = 700;
  const WHOLE_EVERY = 15;

  const DOWN = 'Không kết nối được với chương trình giả lập. Anh/chị kiểm tra nó còn chạy không.';
  const EVENT_STATE = {
    waiting: 'chờ gửi', under_way: 'đang gửi', delivered: 'đã tới trợ lý', unsubscribed: 'không gửi: công tắc đang tắt',
    lost: 'mất: webhook chưa có hoặc đã bị tắt',
  };
  const OUTCOME = {
    ok: 'được', refused: 'bị từ chối', timeout: 'quá 2 giây', unreachable: 'không kết nối được',
    answer_lost: 'mất câu trả lời (lỗi đã đặt)',
  };
  const WINDOW = {
    never: 'Người này chưa từng nhắn: OA không gửi được tin.', free: 'Trong 48 giờ: tin của OA miễn phí.',
    billed: 'Quá 48 giờ: tin của OA bị tính phí.', closed: 'Quá 7 ngày: OA không gửi được tin.',
  };
  const KIND = { sticker: '[nhãn dán]', image: '[ảnh]', gif: '[ảnh động]', location: '[vị trí]' };
  const AUTHOR = { person: 'Người dùng', bot: 'OA', staff: 'Cán bộ' };
  const FAULT_ON = { message: 'gửi tin', token: 'token', account: 'thông tin OA', quota: 'hạn mức', webhook: 'webhook' };

  const byId = (id) => document.getElementById(id);
  const problem = byId('problem');
  const scroller = byId('scroll');
  const log = byId('log');

  let current = '';
  let version = -1;
  let polls = 0;
  let clock = { now: 0, speed: 1, at: 0 };

  function h(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
    node.append(...children.filter((child) => child !== null && child !== ''));
    return node;
  }

  function tell(text) {
    problem.textContent = text;
    problem.hidden = !text;
  }

  async function post(path, body) {
    try {
      const response = await fetch(`/sim/${path}`, {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body || {}),
      });
      const told = await response.json();
      tell(response.ok ? '' : told.error.message);
    } catch (error) {
      tell(DOWN);
    }
    refresh().catch(() => tell(DOWN));
  }

  const time = (seconds) => new Date(seconds * 1000).toLocaleTimeString('vi-VN');
  const moment = (seconds) => new Date(seconds * 1000).toLocaleString('vi-VN');

  function linked(text) {
    return text.split(/(https?:\/\/[^\s<>"“”]+)/g).map((part, n) => (n % 2
      ? h('a', { href: part, target: '_blank', rel: 'noopener noreferrer' }, part, h('span', { class: 'sr-only' }, ' (mở thẻ mới)'))
      : part));
  }

  function buttonOf(bubble, button, number) {
    const { type, payload, title } = button;
    if (type === 'oa.open.url') return h('a', { href: payload.url, target: '_blank', rel: 'noopener noreferrer' }, `${title} ↗`);
    if (type === 'oa.open.phone') return h('a', { href: `tel:${payload.phone_code}` }, `${title} ☎`);
    if (type === 'oa.open.sms') return h('a', { href: `sms:${payload.phone_code}` }, `${title} ✉`);
    const node = h('button', { type: 'button' }, title);
    node.addEventListener('click', () => post(`people/${current}/acts`, { kind: 'press', bubble: bubble.message_id, button: number }));
    return node;
  }

  function under(bubble) {
    if (bubble.author !== 'person') return bubble.author === 'bot' && !bubble.quota ? 'bị tính phí' : '';
    const tries = bubble.tries > 1 || (bubble.tries && bubble.state !== 'delivered') ? `, đã thử ${bubble.tries} lần` : '';
    return (EVENT_STATE[bubble.state] || '') + tries;
  }

  function bubbleNode(bubble) {
    const said = [KIND[bubble.kind] || '', bubble.text].filter(Boolean).join(' ');
    const bad = bubble.state === 'lost' || bubble.state === 'unsubscribed';
    const node = h('li', { class: `bubble ${bubble.author}` },
      h('div', { class: 'meta' }, `${AUTHOR[bubble.author]}, ${time(bubble.at)}`),
      bubble.quoted ? h('div', { class: 'meta' }, 'trả lời một tin trước') : null,
      h('div', { class: 'said' }, ...linked(said)),
      h('div', { class: `meta state ${bad ? 'bad' : ''}` }, under(bubble)));
    if (bubble.buttons.length) node.append(h('div', { class: 'buttons' }, ...bubble.buttons.map((b, n) => buttonOf(bubble, b, n))));
    node.dataset.id = bubble.message_id;
    return node;
  }

  function showBubbles(bubbles) {
    const shown = bubbles.filter((bubble) => !bubble.hidden);
    const ids = new Set(shown.map((bubble) => bubble.message_id));
    for (const node of [...log.children]) if (!ids.has(node.dataset.id)) node.remove();
    const nodes = new Map([...log.children].map((node) => [node.dataset.id, node]));
    const atEnd = scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - 8;
    let added = false;
    for (const bubble of shown) {
      const node = nodes.get(bubble.message_id);
      if (!node) {
        log.append(bubbleNode(bubble));
        added = true;
      } else {
        const state = node.querySelector('.state');
        if (state.textContent !== under(bubble)) state.textContent = under(bubble);
        state.classList.toggle('bad', bubble.state === 'lost' || bubble.state === 'unsubscribed');
      }
    }
    byId('empty').hidden = shown.length > 0;
    if (added && atEnd) scroller.scrollTop = scroller.scrollHeight;
    const unseen = bubbles.some((bubble) => bubble.author !== 'person' && !bubble.seen);
    if (unseen && document.visibilityState === 'visible') post(`people/${current}/seen`);
  }

  // Rows are replaced only when they changed, so that focus and what was opened stay.
  function showRows(list, rows, make) {
    const old = new Map([...list.children].map((node) => [node.dataset.key, node]));
    const nodes = rows.map((row) => {
      const content = JSON.stringify(row);
      const kept = old.get(String(row.id));
      if (kept && kept.dataset.content === content) return kept;
      const node = make(row);
      node.dataset.key = row.id;
      node.dataset.content = content;
      const opened = kept && kept.querySelector('details[open]');
      if (opened) node.querySelector('details').open = true;
      return node;
    });
    const same = nodes.length === list.children.length && nodes.every((node, n) => node === list.children[n]);
    if (!same) list.replaceChildren(...nodes);
  }

  function attemptText(attempt) {
    const retry = attempt.retry ? `lần gửi lại ${attempt.retry}` : 'lần đầu';
    const status = attempt.status ? `HTTP ${attempt.status}` : '';
    return [time(attempt.at), retry, status, OUTCOME[attempt.outcome], `${attempt.ms} ms`].filter(Boolean).join(', ');
  }

  function deliveryRow(delivery) {
    const good = delivery.state === 'delivered';
    const due = delivery.due ? `, gửi lại lúc ${time(delivery.due)}` : '';
    const again = h('button', { type: 'button', 'aria-label': `Gửi lại sự kiện ${delivery.id}` }, 'Gửi lại');
    again.addEventListener('click', () => post(`deliveries/${delivery.id}/again`));
    return h('li', {},
      h('div', {}, `${delivery.id}. `, h('strong', {}, delivery.event), ` ${time(delivery.at)}: `,
        h('span', { class: good ? 'good' : delivery.attempts.length || delivery.state === 'lost' ? 'bad' : '' }, EVENT_STATE[delivery.state]), due),
      ...delivery.attempts.map((attempt) => h('div', { class: 'quiet' }, attemptText(attempt))),
      h('details', {}, h('summary', {}, 'Nội dung'), h('pre', {}, JSON.stringify(delivery.body, null, 1)), again));
  }

  function callRow(call) {
    const result = call.error === null ? call.note : call.error === 0 ? 'được' : `lỗi ${call.error}: ${call.note}`;
    return h('li', {}, `${time(call.at)} ${call.name} `,
      h('span', { class: call.error === 0 ? 'good' : 'bad' }, call.status ? `HTTP ${call.status}, ${result}` : result));
  }

  function showPeople(people) {
    const select = byId('person');
    const titles = people.map((p) => `${p.name}${p.about ? `, ${p.about}` : ''}${p.follows ? ' (đã quan tâm)' : ''}${p.unseen && p.id !== current ? ` (${p.unseen} tin mới)` : ''}`);
    if (select.options.length !== people.length) select.replaceChildren(...people.map((p) => h('option', { value: p.id })));
    titles.forEach((title, n) => { if (select.options[n].textContent !== title) select.options[n].textContent = title; });
    select.value = current;
    const me = people.find((p) => p.id === current);
    for (const act of ['location', 'follow', 'unfollow', 'user_withdraw']) document.querySelector(`[data-act="${act}"]`).disabled = me.anonymous;
  }

  function fill(input, value) {
    if (document.activeElement !== input && input.dataset.known !== value) {
      input.value = value;
      input.dataset.known = value;
    }
  }

  function showSetup(setup, speed) {
    const keys = [['ZALO_APP_ID', setup.app_id], ['ZALO_APP_SECRET', setup.app_secret], ['ZALO_OA_ID', setup.oa_id],
      ['ZALO_OA_SECRET', setup.oa_secret || 'chưa có: hiện ra sau khi lưu webhook'], ['ZALO_WEBHOOK_MODE', setup.oa_secret ? 'enforce' : 'soak'],
      ['ZALO_PUBLIC_URL', setup.callback.split('/zalo/')[0]], ['ZALO_API_URL', location.origin], ['ZALO_OAUTH_URL', location.origin],
      ['ADMIN_TOKEN', 'mật khẩu tự đặt, từ 16 ký tự']];
    byId('keys').replaceChildren(...keys.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]));
    fill(byId('callback'), setup.callback);
    fill(byId('webhook'), setup.webhook || setup.callback.replace('/oauth/callback', '/webhook'));
    fill(byId('speed'), String(speed));
    byId('access').textContent = setup.access_until ? `Đã cấp quyền, access token hết hạn lúc ${moment(setup.access_until)}.` : 'Chưa cấp quyền.';
    byId('webhook-state').textContent = setup.enabled ? 'Webhook đang bật.'
      : setup.webhook ? 'Webhook đã bị tắt vì nhiều lần không trả lời 200. Bấm “Lưu và kiểm tra” để bật lại.' : 'Chưa có webhook: tin nhắn chưa tới trợ lý.';
  }

  function showSwitches(switches) {
    const list = byId('switches');
    if (!list.children.length) {
      for (const name of Object.keys(switches)) {
        const box = h('input', { type: 'checkbox', name });
        box.addEventListener('change', () => post('switches', { [name]: box.checked }));
        list.append(h('li', {}, h('label', {}, box, name)));
      }
    }
    for (const box of list.querySelectorAll('input')) box.checked = switches[box.name];
  }

  function show(state) {
    if (state.person !== current) log.replaceChildren();
    version = state.version;
    current = state.person;
    clock = { now: state.now, speed: state.speed, at: performance.now() };
    showPeople(state.people);
    byId('window').textContent = WINDOW[state.window];
    showBubbles(state.bubbles);
    showRows(byId('deliveries'), state.deliveries, deliveryRow);
    showRows(byId('calls'), state.calls.map((call) => ({ ...call, id: call.number })), callRow);
    showSetup(state.setup, state.speed);
    showSwitches(state.switches);
    const faults = Object.entries(state.faults).filter(([, count]) => count).map(([on, count]) => `${FAULT_ON[on]}: ${count}`);
    byId('faults').textContent = faults.length ? `Lỗi sắp xảy ra: ${faults.join(', ')}` : 'Không có lỗi nào đang chờ.';
  }

  async function refresh() {
    const known = polls % WHOLE_EVERY ? version : -1;
    const asked = current;
    const response = await fetch(`/sim/state?person=${encodeURIComponent(current)}&known=${known}`);
    if (response.status === 200) {
      const state = await response.json();
      if (asked === current || !current) show(state);
    }
  }

  async function poll() {
    try {
      await refresh();
      if (problem.dataset.down) tell('');
      delete problem.dataset.down;
    } catch (error) {
      tell(DOWN);
      problem.dataset.down = '1';
    }
    polls += 1;
    byId('now').textContent = moment(clock.now + ((performance.now() - clock.at) / 1000) * clock.speed);
    setTimeout(poll, POLL_MS);
  }

  byId('person').addEventListener('change', (event) => {
    current = event.target.value;
    version = -1;
    log.replaceChildren();
    refresh().catch(() => tell(DOWN));
  });
  byId('compose').addEventListener('submit', (event) => {
    event.preventDefault();
    const box = byId('text');
    if (!box.value.trim()) return;
    post(`people/${current}/acts`, { kind: 'text', text: box.value.normalize('NFC') });
    box.value = '';
    box.focus();
  });
  byId('text').addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      byId('compose').requestSubmit();
    }
  });
  for (const button of document.querySelectorAll('[data-act]')) {
    button.addEventListener('click', () => post(`people/${current}/acts`, { kind: button.dataset.act }));
  }
  for (const button of document.querySelectorAll('[data-forward]')) {
    button.addEventListener('click', () => post('clock', { forward_s: Number(button.dataset.forward) }));
  }
  for (const form of document.querySelectorAll('form[data-post]')) {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const [input] = form.querySelectorAll('input');
      post(form.dataset.post, { [input.name]: input.type === 'number' ? Number(input.value) : input.value });
    });
  }
  byId('fault').addEventListener('submit', (event) => {
    event.preventDefault();
    const { kind, on, code, count } = event.target.elements;
    post('faults', { kind: kind.value, on: on.value, code: Number(code.value), count: Number(count.value) });
  });
  byId('staff').addEventListener('submit', (event) => {
    event.preventDefault();
    const box = byId('staff-text');
    post(`people/${current}/acts`, { kind: 'staff', text: box.value.normalize('NFC') });
    box.value = '';
  });
  byId('no-faults').addEventListener('click', () => post('faults', { kind: 'none' }));
  byId('revoke').addEventListener('click', () => post('tokens/revoke'));
  poll();
})();

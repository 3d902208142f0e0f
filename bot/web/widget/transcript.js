const TYPING_DELAY_MS = 300;
const NEAR_END_PX = 24;
const TOLD_MS = 10000;

// What was said. The log is a live region: only whole messages are put in, and only at its end.
class Transcript {
  constructor(tools, extras) {
    this.extras = extras; // a message → its row of actions, or null
    this.list = h('ol', {});
    this.log = h('div', { class: 'log', role: 'log', 'aria-live': 'off', 'aria-label': SAY.log }, this.list);
    this.status = h('div', { class: 'status', role: 'status' });
    this.trouble = h('div', { class: 'trouble' });
    this.scroller = h('div', { class: 'scroller', role: 'region', 'aria-label': SAY.scroller, tabindex: '0' },
      tools, this.log, this.trouble);
    this.fresh = button(SAY.fresh, 'fresh', () => this.showFresh(), { hidden: true });
    this.node = h('div', { class: 'transcript' }, this.scroller, this.fresh, this.status);
    this.following = true;
    this.scroller.addEventListener('scroll', () => this.scrolled(), { passive: true });
    // A keyboard that opens takes height away: the end stays in view for those who were there.
    this.height = 0;
    new ResizeObserver(() => {
      const { scrollTop, clientHeight, scrollHeight } = this.scroller;
      const wasAtEnd = scrollTop + this.height >= scrollHeight - NEAR_END_PX;
      if (this.following && wasAtEnd && clientHeight !== this.height) this.toEnd();
      this.height = this.scroller.clientHeight;
    }).observe(this.scroller);
  }

  scrolled() {
    const { scrollTop, clientHeight, scrollHeight } = this.scroller;
    this.following = scrollTop + clientHeight >= scrollHeight - NEAR_END_PX;
    if (this.following) this.fresh.hidden = true;
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.following = true;
    this.fresh.hidden = true;
  }

  showFresh() {
    this.bringToTop(this.unseen);
    this.fresh.hidden = true;
    this.scroller.focus({ preventScroll: true });
  }

  bringToTop(node) {
    const sticky = parseFloat(getComputedStyle(this.scroller).scrollPaddingTop) || 0;
    this.scroller.scrollTop += node.getBoundingClientRect().top - this.scroller.getBoundingClientRect().top - sticky - 4;
  }

  // The line that is being read stays where it is while the letters change their size.
  keepPlace(change) {
    const box = this.scroller.getBoundingClientRect();
    const held = this.scroller.getRootNode().elementFromPoint(box.left + box.width / 2, box.top + box.height / 3);
    const before = held && held.getBoundingClientRect().top;
    change();
    if (this.list.contains(held)) this.scroller.scrollTop += held.getBoundingClientRect().top - before;
  }

  turn(kind, status, at, ...content) {
    const who = h('p', { class: 'who' }, SAY[kind], at && ` · ${clock(at)}`,
      status === 'urgent' && [' ', h('strong', { class: 'badge' }, SAY.urgent)]);
    return h('li', { class: `turn ${kind}`, 'data-status': status }, who, ...content);
  }

  addUser(text, at = Date.now()) {
    const node = this.turn('user', 'sent', at, h('div', { class: 'text' }, text.split('\n').map((line) => h('p', {}, line))));
    this.list.append(node);
    return node;
  }

  botTurn(message, at = Date.now()) {
    const node = this.turn('bot', message.status, at, answerBody(message));
    const extras = this.extras(message);
    if (extras) node.append(extras);
    return node;
  }

  addBot(message, at) {
    this.list.append(this.botTurn(message, at));
  }

  // Long answers are read from their first line. Who is reading further up is not torn away.
  addReply(messages, question) {
    this.scrolled(); // the browser tells of scrolling one frame late
    const nodes = messages.map((message) => this.botTurn(message)); // all or none
    this.list.append(...nodes);
    if (!this.following) {
      this.unseen = nodes[0];
      this.fresh.hidden = false;
      return;
    }
    this.toEnd();
    const room = this.scroller.clientHeight;
    const height = (first) => nodes[nodes.length - 1].getBoundingClientRect().bottom - first.getBoundingClientRect().top;
    if (question && height(question) < room) return;
    if (height(nodes[0]) > room - 8) this.bringToTop(nodes[0]);
    this.scrolled();
  }

  // Before the log is live, so that old talk is not read out.
  restore(turns) {
    this.list.append(h('li', { class: 'mark' }, SAY.earlier));
    turns.forEach((turn, i) => {
      this.addUser(String(turn.asked || ''), turn.at);
      for (const message of turn.messages) {
        const rating = (turn.ratings || {})[message.message_id];
        this.addBot({ ...message, rating, buttons: i === turns.length - 1 ? message.buttons : [] }, turn.at);
      }
    });
    this.list.append(h('li', { class: 'mark' }, SAY.now));
    this.toEnd();
  }

  // Two frames later, when everything put in before is settled.
  live() {
    requestAnimationFrame(() => requestAnimationFrame(() => this.log.setAttribute('aria-live', 'polite')));
  }

  clear() {
    this.list.textContent = '';
    this.troubled();
    this.tell('');
  }

  // One line below the transcript, in sight wherever one reads. What only confirms goes away by itself.
  tell(text, typing = false) {
    clearTimeout(this.fading);
    this.status.textContent = '';
    if (!text) return;
    this.status.append(h('p', { class: typing ? 'typing' : '' }, text));
    if (!typing) this.fading = setTimeout(() => this.tell(''), TOLD_MS);
  }

  troubled(box = null) {
    this.trouble.textContent = '';
    if (box) this.trouble.append(box);
    if (box) this.toEnd();
  }
}

const BACK_OFF_MS = [1000, 3000];
const GIVEN_BACK = ['too_long', 'empty', 'bad_request']; // sent again as it is, it would fail again
const PASSING = ['network', 'broken', 'internal'];

const pause = (ms, signal) => new Promise((resolve, reject) => {
  if (signal.aborted) reject(new Problem('stopped', SAY.stopped));
  const timer = setTimeout(resolve, ms);
  signal.addEventListener('abort', () => {
    clearTimeout(timer);
    reject(new Problem('stopped', SAY.stopped));
  });
});

// One person's conversation: asking, failing, asking again, restoring, erasing.
class Conversation {
  constructor(api, tools, { replied, touch }) {
    Object.assign(this, { api, replied, touch, turn: null, failed: null, countdown: null, erasing: false });
    this.transcript = new Transcript(tools, (message) => this.extras(message));
    this.composer = new Composer({
      ask: (text) => this.ask(text), stop: () => this.stop(), held: () => this.held, tell: (text) => this.transcript.tell(text),
      settle: () => this.focusAfterPress(),
    });
  }

  async start(greeting) {
    const { transcript, api } = this;
    const turns = api.known() ? await api.history().catch(() => []) : [];
    if (!transcript.list.childElementCount && turns.length) transcript.restore(turns);
    transcript.live();
    if (!turns.length) await this.greet(greeting);
  }

  // Why nothing can be asked now, or ''.
  get held() {
    if (this.erasing) return SAY.erasing;
    return this.turn ? SAY.waiting : '';
  }

  // Somebody may have asked already while the greeting was on its way.
  async greet(greeting) {
    let messages = [{ text: greeting || SAY.greeting, status: 'smalltalk', citations: [], buttons: [] }];
    try {
      const welcome = await this.api.welcome();
      messages = greeting ? [{ ...welcome[0], text: greeting }] : welcome;
    } catch (problem) {
      // a greeting is no reason for an error
    }
    if (this.transcript.list.childElementCount) return;
    for (const message of messages) this.transcript.addBot({ ...message, message_id: null });
    this.transcript.scroller.scrollTop = 0;
  }

  ask(text) {
    const asked = String(text).trim().normalize('NFC');
    if (this.held || !asked) return null;
    if (this.failed) this.failed.node.append(h('p', { class: 'small' }, SAY.unanswered));
    this.failed = null;
    const node = this.transcript.addUser(asked);
    this.transcript.toEnd();
    return this.deliver({ id: newId(), text: asked, node });
  }

  stop() {
    if (this.turn) this.turn.control.abort();
  }

  async deliver(turn) {
    const { transcript, composer } = this;
    Object.assign(turn, { control: new AbortController() });
    Object.assign(this, { turn, failed: null });
    this.clearTrouble();
    composer.waiting(true);
    transcript.tell('');
    const typing = setTimeout(() => transcript.tell(SAY.typing, true), TYPING_DELAY_MS);
    const reply = this.attempts(turn);
    await reply.catch(() => {});
    clearTimeout(typing);
    if (this.turn !== turn) return; // erased meanwhile
    this.turn = null;
    transcript.tell('');
    composer.waiting(false);
    try {
      const messages = await reply;
      this.asked = turn.text;
      transcript.addReply(messages, turn.node);
      this.replied(messages);
    } catch (error) {
      this.fail(turn, error instanceof Problem ? error : new Problem('broken', SAY.broken));
    }
  }

  // The same client_id each time: the server answers it once, however often it arrives.
  async attempts(turn) {
    for (const wait of BACK_OFF_MS) {
      try {
        return await this.api.chat(turn.id, turn.text, turn.control.signal);
      } catch (problem) {
        if (!PASSING.includes(problem.code) || !navigator.onLine) throw problem;
      }
      this.transcript.tell(SAY.trying, true);
      await pause(wait, turn.control.signal);
    }
    return this.api.chat(turn.id, turn.text, turn.control.signal);
  }

  fail(turn, problem) {
    if (GIVEN_BACK.includes(problem.code)) {
      turn.node.remove();
      this.composer.text = this.composer.text ? `${turn.text}\n${this.composer.text}` : turn.text;
      this.transcript.troubled(h('p', { role: 'alert' }, problem.message));
      return;
    }
    this.failed = turn;
    const retry = button(SAY.retry, 'primary retry', () => this.again());
    const text = h('p', { role: problem.code === 'stopped' ? null : 'alert' }, problem.message);
    if (problem.wait) text.append(` ${SAY.wait(SAY.span(problem.wait))}`);
    this.transcript.troubled(h('div', { 'data-code': problem.code }, text, retry));
    if (problem.code === 'stopped') this.transcript.tell(SAY.stopped);
    turn.code = problem.code;
    if (problem.wait) this.count(problem.wait, retry);
  }

  again() {
    if (!this.failed || this.held) return;
    this.focusAfterPress();
    this.deliver(this.failed);
  }

  // Sent by itself when the network is back; a person need not watch for that.
  online() {
    if (this.failed && this.failed.code === 'network' && !this.held) this.deliver(this.failed);
  }

  // Seconds are counted on the button only; a screen reader hears the wait once, and the end of it.
  count(seconds, retry) {
    const until = Date.now() + seconds * 1000;
    const tick = () => {
      const left = Math.ceil((until - Date.now()) / 1000);
      retry.textContent = left > 0 ? SAY.waitLeft(SAY.span(left)) : SAY.retry;
      retry.disabled = left > 0;
      if (left > 0) return;
      clearInterval(this.countdown);
      this.transcript.tell(SAY.mayRetry);
    };
    this.countdown = setInterval(tick, 500);
    tick();
  }

  clearTrouble() {
    clearInterval(this.countdown);
    this.transcript.troubled();
  }

  extras(message) {
    const rated = message.message_id && RATED.includes(message.status);
    const buttons = message.status === 'unavailable' && this.asked
      ? [{ title: SAY.askAgain, payload: this.asked }, ...message.buttons] : message.buttons;
    const nodes = [rated && this.actions(message), buttons.length > 0 && this.quickReplies(buttons)];
    // Inside the log but not read out with the answer.
    return h('div', { class: 'extras', 'aria-live': 'off' }, nodes);
  }

  actions(message) {
    const tell = (text) => this.transcript.tell(text);
    const feedback = new Feedback(message.message_id, message.rating || null, this.api, tell);
    const copy = button([icon('copy'), SAY.copy], 'act copy', async () => {
      try {
        await toClipboard(copyText(message), copy.getRootNode());
        tell(SAY.copied);
      } catch (error) {
        tell(SAY.notCopied);
      }
    });
    return [h('div', { class: 'actions', role: 'group', 'aria-label': SAY.actions }, feedback.nodes, copy), feedback.form];
  }

  quickReplies(buttons) {
    return h('div', { class: 'quick', role: 'group', 'aria-label': SAY.suggestions }, buttons.map(({ title, payload }) => {
      const reply = button(title, 'reply', () => {
        if (this.held) {
          this.transcript.tell(this.held);
          return;
        }
        reply.disabled = true;
        this.focusAfterPress();
        this.ask(payload || title);
      });
      return reply;
    }));
  }

  // To the box; on a phone to the transcript, else its keyboard would rise over the answer.
  focusAfterPress() {
    if (this.touch()) this.transcript.scroller.focus({ preventScroll: true });
    else this.composer.input.focus({ preventScroll: true });
  }

  async erase(greeting) {
    if (this.erasing) return;
    this.stop();
    this.erasing = true;
    try {
      await this.api.forget();
    } catch (problem) {
      this.transcript.tell(problem.code === 'session' ? SAY.eraseRefused : SAY.eraseFailed);
      return;
    } finally {
      this.erasing = false;
    }
    Object.assign(this, { turn: null, failed: null });
    this.clearTrouble();
    this.composer.waiting(false);
    this.transcript.clear();
    this.transcript.tell(SAY.erased);
    await this.greet(greeting);
  }
}

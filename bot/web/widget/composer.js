const MAX_LENGTH = 2000;
const COUNTER_FROM = 1800;

// The box for a question, its counter, and the button that sends, or stops the waiting.
class Composer {
  constructor({ ask, stop, held, tell, settle }) {
    Object.assign(this, { ask, held, tell, settle });
    this.counter = h('p', { class: 'counter', id: nextId('counter') });
    this.input = h('textarea', {
      id: nextId('input'), rows: 1, placeholder: SAY.placeholder, autocomplete: 'off', enterkeyhint: 'send',
      'aria-describedby': this.counter.id, oninput: () => this.measure(), onkeydown: (event) => this.key(event),
    });
    this.send = h('button', { class: 'primary send' }, SAY.send);
    this.stop = button(SAY.stop, 'plain stop', stop, { hidden: true });
    this.node = h('form', { class: 'composer', onsubmit: (event) => this.submit(event) },
      this.counter, h('label', { class: 'sr-only', for: this.input.id }, SAY.input),
      h('div', { class: 'row' }, this.input, this.send, this.stop));
  }

  get text() {
    return this.input.value.trim().normalize('NFC');
  }

  set text(value) {
    this.input.value = value;
    this.measure();
  }

  // 229: Safari ends a composition before its Enter, so isComposing alone is not enough.
  key(event) {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    this.submit(event);
  }

  submit(event) {
    event.preventDefault();
    const over = this.over();
    const refusal = this.held() || (!this.text ? SAY.empty : over > 0 ? SAY.over(over) : '');
    if (refusal) {
      this.tell(refusal);
      this.input.focus();
      return;
    }
    const text = this.text;
    this.text = '';
    this.settle();
    this.ask(text);
  }

  over() {
    return [...this.text].length - MAX_LENGTH;
  }

  measure() {
    const over = this.over();
    this.counter.textContent = over > 0 ? SAY.over(over) : over > COUNTER_FROM - MAX_LENGTH ? SAY.left(-over) : '';
    this.node.classList.toggle('over', over > 0);
    this.input.style.height = 'auto';
    this.input.style.height = `${this.input.scrollHeight + this.input.offsetHeight - this.input.clientHeight}px`;
  }

  waiting(busy) {
    const held = this.stop.getRootNode().activeElement === this.stop;
    this.send.hidden = busy;
    this.stop.hidden = !busy;
    if (held) this.settle();
  }
}

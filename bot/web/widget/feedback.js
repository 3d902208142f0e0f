const RATED = ['answered', 'clarify', 'no_answer', 'off_topic', 'refused', 'urgent', 'handoff'];
const REASON_LIMIT = 500;

// Thumbs and an optional reason for one answer. `tell` says how it went.
class Feedback {
  constructor(messageId, rating, api, tell) {
    Object.assign(this, { messageId, rating, api, tell });
    this.up = this.thumb('up');
    this.down = this.thumb('down');
    this.form = this.reasonForm();
    this.nodes = [this.up, this.down];
    this.show();
  }

  thumb(rating) {
    return button([icon(rating), SAY[rating]], `act ${rating}`, () => this.choose(this.rating === rating ? null : rating));
  }

  reasonForm() {
    const box = h('textarea', { rows: 2, maxlength: REASON_LIMIT, id: nextId('reason'), 'aria-describedby': nextId('hint') });
    const done = () => {
      this.form.hidden = true;
      this.down.focus();
    };
    const submit = async (event) => {
      event.preventDefault();
      if (await this.store('down', box.value.trim().normalize('NFC'))) done();
    };
    return h('form', { class: 'reason', hidden: true, onsubmit: submit },
      h('label', { for: box.id }, SAY.reason), box,
      h('p', { class: 'small', id: box.getAttribute('aria-describedby') }, SAY.reasonHint),
      h('div', { class: 'row' }, h('button', { class: 'primary' }, SAY.sendReason), button(SAY.skipReason, 'plain', done)));
  }

  show() {
    this.up.setAttribute('aria-pressed', String(this.rating === 'up'));
    this.down.setAttribute('aria-pressed', String(this.rating === 'down'));
  }

  async choose(rating) {
    const before = this.rating;
    this.rating = rating;
    this.show();
    if (await this.store(rating)) {
      this.form.hidden = rating !== 'down';
    } else {
      this.rating = before;
      this.show();
    }
  }

  async store(rating, reason) {
    try {
      await this.api.rate(this.messageId, rating, reason);
      this.tell(rating ? SAY.thanks : SAY.withdrawn);
      return true;
    } catch (problem) {
      this.tell(SAY.notRated);
      return false;
    }
  }
}

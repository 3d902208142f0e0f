const FULL_SCREEN = '(max-width: 40rem), (max-height: 30rem)';
const touch = () => matchMedia('(pointer: coarse)').matches;

// White or black, whichever can be read on this colour.
function readableOn(colour) {
  const channels = colour.match(/\d+(\.\d+)?/g).slice(0, 3).map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  const light = 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2];
  return 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 ? '#fff' : '#000';
}

function adopt(root) {
  if (root.adoptedStyleSheets && CSSStyleSheet.prototype.replaceSync) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
  } else {
    root.append(h('style', {}, STYLE)); // phones of before 2023
  }
}

// <tro-ly-so>: a launcher with its panel, or with mode="page" the panel alone, as large as its place.
class TroLySo extends HTMLElement {
  connectedCallback() {
    if (this.panel) {
      this.moved();
      return;
    }
    this.page = this.getAttribute('mode') === 'page';
    this.store = new Store(this.dataset.storage);
    this.unread = 0;
    const api = new Api(this.dataset.api || HOME, this.store);
    this.talk = new Conversation(api, this.tools(), { touch, replied: (messages) => this.replied(messages) });
    const root = this.attachShadow({ mode: 'open' });
    adopt(root);
    this.build(root);
    this.enlarge(this.store.get('large') === true);
    this.paint();
    this.watch();
    if (this.page) this.begin();
  }

  disconnectedCallback() {
    if (this.watching) this.watching.abort();
  }

  // To another place of the page: the browser takes a modal panel out of its top layer, and nobody listened meanwhile.
  moved() {
    this.watch();
    this.network();
    if (!this.page) this.reopen();
  }

  build(root) {
    const title = this.dataset.title || SAY.title;
    const heading = h(this.page ? 'h1' : 'h2', { id: nextId('title') }, title);
    const close = !this.page && button([icon('close'), SAY.close], 'close', () => this.close());
    const header = h('div', { class: 'head' }, h('div', { class: 'titles' }, heading, h('p', {}, SAY.automatic)), close);
    this.offline = h('p', { class: 'offline', role: 'status' });
    const parts = [header, this.talk.transcript.node, this.offline, this.talk.composer.node];
    this.confirm = this.eraseDialog();
    this.panel = h(this.page ? 'section' : 'dialog', { class: 'panel', id: nextId('panel'), 'aria-labelledby': heading.id },
      parts, this.confirm);
    this.frame = h('div', { class: `frame ${this.page ? 'page' : ''} ${this.dataset.position || ''}`, lang: 'vi' }, this.panel);
    if (!this.page) this.frame.prepend(this.makeLauncher());
    root.append(this.frame);
  }

  makeLauncher() {
    this.badge = h('span', { class: 'badge' });
    this.launcher = button([icon('chat'), h('span', {}, SAY.launcher), this.badge], 'launcher', () => this.toggle(),
      { 'aria-expanded': 'false' });
    return this.launcher;
  }

  tools() {
    this.large = button(SAY.large, 'tool large', () => this.enlarge(!this.hasAttribute('data-large')));
    const privacy = this.dataset.privacy && safeUrl(this.dataset.privacy);
    const help = this.dataset.help && safeUrl(this.dataset.help);
    return [
      h('div', { class: 'tools', role: 'group', 'aria-label': SAY.tools }, this.large,
        button(SAY.erase, 'tool erase', () => this.confirm.showModal())),
      h('div', { class: 'notice' }, h('p', {}, SAY.notice),
        (help || privacy) && h('p', { class: 'links' }, help && link(help, this.dataset.helpText || SAY.help),
          privacy && link(privacy, SAY.privacy))),
    ];
  }

  eraseDialog() {
    const heading = h('h2', { id: nextId('erase') }, SAY.eraseTitle);
    const text = h('p', { id: nextId('erase') }, SAY.eraseText);
    const erase = async () => {
      dialog.close();
      await this.talk.erase(this.dataset.greeting);
    };
    const dialog = h('dialog', { class: 'confirm', role: 'alertdialog', 'aria-labelledby': heading.id, 'aria-describedby': text.id },
      heading, text, h('div', { class: 'row' },
        button(SAY.eraseNo, 'primary keep', () => dialog.close()), button(SAY.eraseYes, 'danger', erase)));
    // Chromium gives the focus back by itself, other browsers not always.
    dialog.addEventListener('close', () => this.talk.focusAfterPress());
    return dialog;
  }

  watch() {
    this.watching = new AbortController();
    const { signal } = this.watching;
    const network = () => this.network();
    addEventListener('online', network, { signal });
    addEventListener('offline', network, { signal });
    const fit = () => this.fit();
    if (window.visualViewport) {
      visualViewport.addEventListener('resize', fit, { signal });
      visualViewport.addEventListener('scroll', fit, { signal });
    }
    if (this.page) return;
    this.launcher.setAttribute('aria-controls', this.panel.id);
    this.panel.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.isComposing || this.confirm.open) return;
      event.preventDefault();
      this.close();
    }, { signal });
    this.panel.addEventListener('cancel', (event) => {
      if (event.target !== this.panel) return;
      event.preventDefault();
      this.close();
    }, { signal });
    this.fullScreen = matchMedia(FULL_SCREEN);
    this.fullScreen.addEventListener('change', () => this.reopen(), { signal });
    document.addEventListener('focusin', () => this.dodge(), { signal });
  }

  network() {
    this.offline.textContent = navigator.onLine ? '' : SAY.noNetwork;
    if (navigator.onLine) this.talk.online();
  }

  // The launcher steps aside when it lies over what has the focus on the page.
  dodge() {
    const held = document.activeElement;
    this.frame.classList.remove('aside');
    if (!held || held === this || held === document.body) return;
    const a = this.launcher.getBoundingClientRect();
    const b = held.getBoundingClientRect();
    const apart = a.right < b.left || b.right < a.left || a.bottom < b.top || b.bottom < a.top;
    this.frame.classList.toggle('aside', !apart);
  }

  // A phone's keyboard lies over the page without resizing it; pinch zoom must not trigger this.
  fit() {
    const { height, offsetTop, scale } = visualViewport;
    const covered = scale === 1 && innerHeight - height > 60 && (this.page || this.modal);
    this.frame.style.setProperty('--view-height', covered ? `${height}px` : '');
    this.frame.style.setProperty('--view-top', covered ? `${offsetTop}px` : '');
    if (covered && this.page) scrollTo(0, 0);
  }

  paint() {
    const colour = this.dataset.color;
    if (!colour || !CSS.supports('color', colour)) return;
    const probe = h('i', { hidden: true });
    probe.style.color = colour;
    this.frame.append(probe);
    const shown = getComputedStyle(probe).color;
    probe.remove();
    if (!shown.startsWith('rgb(')) return;
    this.frame.style.setProperty('--brand', shown);
    this.frame.style.setProperty('--on-brand', readableOn(shown));
  }

  enlarge(large) {
    this.talk.transcript.keepPlace(() => this.toggleAttribute('data-large', large));
    this.large.setAttribute('aria-pressed', String(large));
    this.store.set('large', large);
    if (this.panel) this.talk.composer.measure();
  }

  begin() {
    if (this.begun) return;
    this.begun = true;
    this.talk.composer.measure();
    this.talk.start(this.dataset.greeting);
  }

  get isOpen() {
    return this.page || this.panel.open;
  }

  show() {
    this.modal = this.fullScreen.matches;
    if (this.modal) this.panel.showModal();
    else this.panel.show();
  }

  reopen() {
    if (!this.panel.open) return;
    const held = this.shadowRoot.activeElement;
    this.panel.close();
    this.show();
    if (held) held.focus({ preventScroll: true });
  }

  open() {
    if (this.isOpen) return;
    this.show();
    this.launcher.setAttribute('aria-expanded', 'true');
    this.count(0);
    this.begin();
    this.talk.focusAfterPress();
    this.emit('open');
  }

  close() {
    if (this.page || !this.panel.open) return;
    this.panel.close();
    this.launcher.setAttribute('aria-expanded', 'false');
    this.launcher.focus();
    this.emit('close');
  }

  toggle() {
    if (this.isOpen) this.close();
    else this.open();
  }

  // Asks a question as if it had been typed. Nothing happens while another one is under way.
  send(text) {
    this.open();
    return this.talk.ask(text);
  }

  replied(messages) {
    if (!this.isOpen) this.count(this.unread + messages.length);
    for (const { message_id: id, status } of messages) this.emit('message', { id, status });
  }

  count(unread) {
    this.unread = unread;
    this.badge.textContent = unread ? SAY.unread(unread) : '';
  }

  emit(name, detail = null) {
    this.dispatchEvent(new CustomEvent(`tro-ly-so:${name}`, { detail, bubbles: true, composed: true }));
  }
}

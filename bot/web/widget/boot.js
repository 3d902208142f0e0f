// The tag's settings go to the element. Where the page has an element of its own, no launcher is added.
function boot() {
  let element = document.querySelector('tro-ly-so');
  if (!element) {
    element = document.createElement('tro-ly-so');
    Object.assign(element.dataset, SCRIPT ? SCRIPT.dataset : {});
    document.body.append(element);
  }
  window.TroLySo = {
    open: () => element.open(),
    close: () => element.close(),
    send: (text) => element.send(text),
    on: (name, listener) => element.addEventListener(`tro-ly-so:${name}`, listener),
    off: (name, listener) => element.removeEventListener(`tro-ly-so:${name}`, listener),
  };
}

if (!customElements.get('tro-ly-so')) {
  customElements.define('tro-ly-so', TroLySo);
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', boot);
  else boot();
}

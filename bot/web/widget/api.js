const ANSWER_LIMIT_MS = 30000;
const CALL_LIMIT_MS = 15000;
const KEY = 'tro-ly-so';

// A call that did not work. `code`: the server's, or network, timeout, stopped, broken. `wait`: seconds, after a 429.
class Problem extends Error {
  constructor(code, message, wait = 0) {
    super(message);
    Object.assign(this, { code, wait });
  }
}

// The browser's storage, or memory where that is blocked or full.
class Store {
  constructor(kind) {
    this.memory = {};
    try {
      this.storage = kind === 'session' ? sessionStorage : localStorage;
    } catch (error) {
      this.storage = null;
    }
  }

  get(name) {
    try {
      return JSON.parse(this.storage.getItem(`${KEY}:${name}`)) || this.memory[name];
    } catch (error) {
      return this.memory[name];
    }
  }

  set(name, value) {
    this.memory[name] = value;
    try {
      if (value === undefined) this.storage.removeItem(`${KEY}:${name}`);
      else this.storage.setItem(`${KEY}:${name}`, JSON.stringify(value));
    } catch (error) {
      // blocked or full: it lives as long as the page
    }
  }
}

function newId() {
  // randomUUID is missing on plain http, where offices may well serve a page.
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

class Api {
  constructor(base, store) {
    Object.assign(this, { base: base.replace(/\/+$/, ''), store, making: null, used: new Set() });
  }

  // The session in the store, good or expired.
  kept() {
    const kept = this.store.get('session');
    return kept && typeof kept.token === 'string' ? kept : null;
  }

  known() {
    const kept = this.kept();
    return kept && kept.until > Date.now() ? kept : null;
  }

  // A token of this person; one that has used up half of its time is renewed on the way.
  async token() {
    const kept = this.known();
    if (kept && kept.until - Date.now() > kept.life / 2) return kept.token;
    this.making = this.making || this.make(kept).finally(() => { this.making = null; });
    return this.making;
  }

  async make(kept) {
    let made;
    let same = kept;
    try {
      made = await this.call('POST', '/api/session', { token: kept && kept.token });
    } catch (problem) {
      if (!kept) throw problem;
      if (problem.code !== 'session') return kept.token; // still good for a while: not worth an error
      made = await this.call('POST', '/api/session');
      same = null;
    }
    const other = this.known(); // of another tab, which was quicker
    if (other && other.token !== (kept && kept.token)) return other.token;
    const life = made.expires_in * 1000;
    if (same) this.used.delete(same.token); // the new one can erase as much
    this.store.set('session', { token: made.session, life, until: Date.now() + life });
    return made.session;
  }

  async signed(method, path, options = {}) {
    const token = await this.token();
    this.used.add(token);
    try {
      return await this.call(method, path, { ...options, token });
    } catch (problem) {
      if (problem.code !== 'session') throw problem;
      const kept = this.kept();
      if (kept && kept.token === token) this.store.set('session', undefined);
      const next = await this.token();
      this.used.add(next);
      return this.call(method, path, { ...options, token: next });
    }
  }

  async call(method, path, { token, body, signal, limit = CALL_LIMIT_MS } = {}) {
    if (signal && signal.aborted) throw new Problem('stopped', SAY.stopped);
    const control = new AbortController();
    const timer = setTimeout(() => control.abort(), limit);
    const stop = () => control.abort();
    if (signal) signal.addEventListener('abort', stop);
    const headers = body ? { 'Content-Type': 'application/json' } : {};
    if (token) headers.Authorization = `Bearer ${token}`;
    try {
      const response = await fetch(this.base + path, {
        method, headers, signal: control.signal, credentials: 'omit', body: body && JSON.stringify(body),
      });
      return await read(response);
    } catch (error) {
      if (error instanceof Problem) throw error;
      if (signal && signal.aborted) throw new Problem('stopped', SAY.stopped);
      if (control.signal.aborted) throw new Problem('timeout', SAY.timeout);
      throw new Problem('network', navigator.onLine ? SAY.network : SAY.offline);
    } finally {
      clearTimeout(timer);
      if (signal) signal.removeEventListener('abort', stop);
    }
  }

  welcome() {
    return this.call('GET', '/api/welcome').then((body) => this.messages(body));
  }

  chat(id, message, signal) {
    const body = { message, client_id: id };
    return this.signed('POST', '/api/chat', { body, signal, limit: ANSWER_LIMIT_MS })
      .then((reply) => this.messages(reply));
  }

  history() {
    const tidied = (turn) => ({ ...turn, messages: (turn.messages || []).map((message) => this.tidy(message)) });
    return this.signed('GET', '/api/history').then((body) => (Array.isArray(body.turns) ? body.turns.map(tidied) : []));
  }

  rate(id, rating, reason) {
    return this.signed('POST', '/api/feedback', { body: { message_id: id, rating, ...(reason ? { reason } : {}) } });
  }

  // With every token that this page has used, and the one in the store: for this the server takes expired ones too. A
  // new session has nothing to erase.
  async forget() {
    const kept = this.kept();
    let refused = null;
    for (const token of new Set([...this.used, ...(kept ? [kept.token] : [])])) {
      try {
        await this.call('DELETE', '/api/conversation', { token });
        this.used.delete(token);
      } catch (problem) {
        if (problem.code !== 'session') throw problem;
        refused = problem;
      }
    }
    if (refused) throw refused;
  }

  messages(body) {
    if (!Array.isArray(body.messages) || !body.messages.length) throw new Problem('broken', SAY.broken);
    return body.messages.map((message) => this.tidy(message));
  }

  // A message with every field there, whatever the server left out, and with the page to print of each source.
  tidy(message) {
    const printable = (citation) => ({ ...citation, sheet: citation.passage_id && this.sheet(citation.passage_id) });
    const citations = (message.citations || []).map(printable);
    const buttons = (message.buttons || []).map(({ title, payload }) => ({ title, payload }));
    if (typeof message.text !== 'string') throw new Problem('broken', SAY.broken);
    return { ...message, citations, buttons };
  }

  sheet(passage) {
    return `${this.base}/phieu/doan/${passage.split('/').map(encodeURIComponent).join('/')}`;
  }
}

// The body of a response; a Problem if it is an error or not what was agreed.
async function read(response) {
  if (response.status === 204) return null;
  let body = null;
  try {
    body = JSON.parse(await response.text());
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (response.ok && body) return body;
  const told = (body && body.error) || {};
  const message = typeof told.message === 'string' && told.message;
  const code = response.status === 401 ? 'session' : told.code || 'broken';
  throw new Problem(code, message || SAY.broken, Number(response.headers.get('Retry-After')) || 0);
}

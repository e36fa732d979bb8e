// SPDX-License-Identifier: Apache-2.0
// Reloads the page when a file of the served folder has changed; a change of styles alone loads these again.
(() => {
  const source = new URL('live-reload', document.currentScript.src);
  let version;
  let events;

  function restyle() {
    for (const link of document.querySelectorAll('link[rel~="stylesheet"][href]')) {
      const url = new URL(link.href);
      if (url.origin === location.origin) {
        url.searchParams.set('live-reload', version);
        link.href = url;
      }
    }
  }

  function open() {
    events = new EventSource(source);
    // Told first on each connection: what has changed while there was none.
    events.addEventListener('version', (event) => {
      if (version !== undefined && version !== event.data) {
        location.reload();
      }
      version = event.data;
    });
    events.addEventListener('style', (event) => {
      version = event.data;
      restyle();
    });
    events.addEventListener('page', () => location.reload());
  }

  // Browsers open six connections to a server over HTTP/1.1: a page that cannot be seen holds none of them.
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) {
      events?.close();
      events = undefined;
    } else if (!events) {
      open();
    }
  });
  if (!document.hidden) {
    open();
  }
})();

/**
 * Asks every two seconds whether anything changed. Someone at the top of the page who has nothing selected or opened gets
 * the new page at once; someone who reads gets a button.
 */
export const script = `
(() => {
  const body = document.body, button = document.getElementById('fresh');
  let shown = body.dataset.version;
  const reading = () => scrollY > 60 || String(getSelection() ?? '') !== '' || document.querySelector('details[open]') !== null
    || (document.activeElement !== null && document.activeElement !== body);
  const refresh = async () => {
    const text = await (await fetch(location.href)).text();
    const next = new DOMParser().parseFromString(text, 'text/html');
    document.getElementById('content').replaceWith(next.getElementById('content'));
    shown = next.body.dataset.version; button.hidden = true; times();
  };
  const times = () => document.querySelectorAll('time[datetime]').forEach((time) => {
    time.textContent = new Date(time.dateTime).toLocaleString([], { dateStyle: 'medium', timeStyle: 'medium' });
  });
  button.addEventListener('click', () => { scrollTo(0, 0); button.blur(); refresh(); });
  setInterval(async () => {
    if (document.hidden) return;
    try {
      const version = (await (await fetch('/inbox-version')).text());
      if (version === shown) return;
      if (reading()) button.hidden = false; else await refresh();
    } catch { /* The server is away; the next refresh tries again. */ }
  }, 2000);
  times();
})();`;

export const style = `
:root { color-scheme: light dark; --bg:#f5f6f8; --card:#fff; --ink:#1b2430; --soft:#5c6878; --line:#e0e4ea; --accent:#3b5bdb;
  --accent-soft:#e8edff; --bad:#b42318; --bad-soft:#fdecea; --bubble:#e3f6e5; --bubble-ink:#12381a; --shadow:0 1px 2px #1b243014; }
@media (prefers-color-scheme: dark) { :root { --bg:#12161c; --card:#1b212a; --ink:#e7ebf0; --soft:#9aa7b7; --line:#2d3642;
  --accent:#8ea5ff; --accent-soft:#26304f; --bad:#ff9b91; --bad-soft:#3b2021; --bubble:#1f3d2a; --bubble-ink:#d7f5de; --shadow:none; } }
* { box-sizing: border-box; }
body { margin:0; background:var(--bg); color:var(--ink); font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif; }
a { color:var(--accent); text-decoration:none; } a:hover { text-decoration:underline; }
a:focus-visible, summary:focus-visible, button:focus-visible { outline:2px solid var(--accent); outline-offset:2px; border-radius:6px; }
code { font:12.5px/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace; overflow-wrap:anywhere; }
header.top { display:flex; align-items:baseline; gap:12px; padding:14px 24px; border-bottom:1px solid var(--line); background:var(--card); }
header.top b { font-size:17px; } header.top a { color:inherit; } header.top span { color:var(--soft); font-size:13px; }
.layout { display:grid; grid-template-columns:280px minmax(0,1fr); max-width:1240px; margin:0 auto; gap:28px; padding:24px; }
nav.people { align-self:start; position:sticky; top:24px; max-height:calc(100vh - 48px); overflow:auto; }
nav.people h2, section h2 { font-size:12px; letter-spacing:.06em; text-transform:uppercase; color:var(--soft); margin:0 0 8px; }
nav.people ul { list-style:none; margin:0; padding:0; }
nav.people a { display:flex; align-items:center; gap:10px; padding:8px 10px; border-radius:10px; color:inherit; }
nav.people a:hover { background:var(--accent-soft); text-decoration:none; }
nav.people a[aria-current] { background:var(--accent-soft); }
.face { flex:none; width:34px; height:34px; border-radius:50%; display:grid; place-items:center; background:var(--accent-soft); color:var(--accent); font-weight:600; font-size:13px; }
.who { min-width:0; flex:1; } .who b, .who small { display:block; overflow:hidden; text-overflow:ellipsis; white-space:nowrap; } .who b { font-weight:600; } .who small { color:var(--soft); }
.count { font-size:12px; color:var(--soft); } .count.bad { color:var(--bad); font-weight:600; }
h1 { font-size:21px; line-height:1.3; margin:0; overflow-wrap:anywhere; } .sub { color:var(--soft); margin:2px 0 16px; overflow-wrap:anywhere; }
.tabs { display:flex; flex-wrap:wrap; gap:6px; margin:0 0 18px; }
.tabs a { padding:4px 12px; border:1px solid var(--line); border-radius:99px; background:var(--card); color:var(--ink); font-size:13.5px; }
.tabs a[aria-current] { background:var(--accent); border-color:var(--accent); color:#fff; }
@media (prefers-color-scheme: dark) { .tabs a[aria-current] { color:#12161c; } }
article { background:var(--card); border:1px solid var(--line); border-radius:14px; box-shadow:var(--shadow); margin:0 0 16px; overflow:hidden; }
article > header { display:flex; flex-wrap:wrap; align-items:center; gap:4px 10px; padding:12px 16px 0; font-size:13px; color:var(--soft); }
.chip { font-weight:600; font-size:12px; color:var(--accent); background:var(--accent-soft); border-radius:6px; padding:2px 8px; }
.chip.bad { color:var(--bad); background:var(--bad-soft); }
article > header:has(+ footer) { padding-bottom:10px; }
.when { margin-left:auto; white-space:nowrap; } article .body { padding:10px 16px 14px; }
article h3 { font-size:16.5px; line-height:1.35; margin:0 0 4px; overflow-wrap:anywhere; }
article p { margin:0; white-space:pre-wrap; overflow-wrap:anywhere; }
.fine { color:var(--soft); font-size:13px; margin:0 0 10px; overflow-wrap:anywhere; }
article footer { border-top:1px solid var(--line); padding:8px 16px; font-size:12.5px; color:var(--soft); display:flex; flex-wrap:wrap; gap:2px 16px; }
iframe { display:block; width:100%; height:340px; border:1px solid var(--line); border-radius:8px; background:#fff; color-scheme:light; resize:vertical; overflow:auto; }
.bubble { display:inline-block; max-width:min(100%,46ch); background:var(--bubble); color:var(--bubble-ink); border-radius:16px 16px 16px 4px; padding:8px 14px; white-space:pre-wrap; overflow-wrap:anywhere; }
.bubble.chat { background:var(--accent-soft); color:var(--ink); border-radius:4px 16px 16px 16px; }
.phone { border:1px solid var(--line); border-radius:14px; padding:10px 14px; max-width:52ch; background:var(--bg); display:flex; gap:12px; }
.phone .app { flex:none; width:30px; height:30px; border-radius:8px; background:var(--accent); color:var(--card); display:grid; place-items:center; font-weight:700; }
.inapp { display:flex; gap:12px; } .inapp .fine { margin:6px 0 0; } .dot { flex:none; width:9px; height:9px; margin-top:7px; border-radius:50%; background:var(--accent); } .dot.read { background:transparent; border:1.5px solid var(--soft); }
.button { display:inline-block; margin-top:10px; padding:5px 14px; border-radius:8px; background:var(--accent); color:var(--card); font-size:14px; font-weight:600; }
.alert { border-color:var(--bad); } .alert p { color:var(--bad); }
.empty { border:1.5px dashed var(--line); border-radius:14px; padding:36px 20px; text-align:center; color:var(--soft); } .empty b { color:var(--ink); display:block; font-size:16px; margin-bottom:4px; }
section { margin:0 0 26px; }
details.raw summary { cursor:pointer; } details.raw pre { font:12px/1.5 ui-monospace,Menlo,Consolas,monospace; white-space:pre-wrap; overflow-wrap:anywhere; margin:6px 0 0; }
#fresh { position:fixed; left:50%; bottom:20px; transform:translateX(-50%); border:0; border-radius:99px; padding:10px 20px; font:600 14px system-ui,sans-serif; background:var(--accent); color:var(--card); box-shadow:0 4px 16px #0004; cursor:pointer; }
#fresh[hidden] { display:none; }
@media (max-width: 780px) {
  .layout { grid-template-columns:minmax(0,1fr); padding:16px; gap:16px; } header.top { padding:12px 16px; flex-wrap:wrap; gap:0 12px; }
  nav.people { position:static; max-height:none; overflow-x:auto; } nav.people.chosen ul { display:flex; gap:4px; } nav.people.chosen a { max-width:230px; } nav.people li:has([aria-current]) { order:-1; }
  .when { margin-left:0; } iframe { height:300px; }
}`;

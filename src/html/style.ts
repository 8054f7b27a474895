/** The look of all pages: the system's own font, light and dark, numbers that line up. */

export const BASE_STYLE = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1b2330;--dim:#566173;--rule:#dde2ea;--link:#1d5fbf;
--c0:#3b76c9;--c1:#8a5ac2;--c2:#1a8a83;--c3:#b4641d;--c4:#7a7f16;--completed:#1f7d48;--failed:#c9302f;
--incomplete:#8f5d10;--cancelled:#646f7f;--timed_out:#b34f0c;--expired:#8a5ac2;--rejected:#a31f5c;--unknown:#256d8c}
@media(prefers-color-scheme:dark){:root{--bg:#12161d;--card:#1a2029;--ink:#e4e9f1;--dim:#9aa6b8;--rule:#303947;
--link:#7fb2ff;--c0:#6ea3f0;--c1:#b493e8;--c2:#4cc0b8;--c3:#e39a55;--c4:#bcc24a;--completed:#4fb87c;--failed:#f06b66;
--incomplete:#dfa94a;--cancelled:#8f9bad;--timed_out:#ee8d4a;--expired:#b493e8;--rejected:#e5699f;--unknown:#62b4d8}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1240px;padding:24px;background:var(--bg);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}
h1{font-size:22px;margin:0;overflow-wrap:anywhere}h2{font-size:16px;margin:0 0 12px}
p{margin:4px 0}.dim{color:var(--dim)}
section{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:18px 20px;margin:16px 0}
dl.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:12px 20px;margin:16px 0 0}
dl.facts div{min-width:0}dt{color:var(--dim);font-size:13px}dd{margin:0;font-size:18px;font-weight:600;overflow-wrap:anywhere}
dd small{display:block;font-weight:400;font-size:13px;color:var(--dim)}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(330px,1fr));gap:20px}
figure{margin:0;min-width:0}figure p{font-size:13px}figcaption{font-weight:600;margin-bottom:4px}svg{display:block;width:100%;height:auto}
svg .label{font-style:italic}.axis line{stroke:var(--rule)}svg text{fill:var(--dim);font-size:12px}.fill rect{fill:currentColor}
.line{fill:none;stroke:currentColor;stroke-width:2}.key{fill:currentColor}
.stack{height:20px;border-radius:6px;margin-top:16px}.stack rect{fill:currentColor}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px;padding:0;margin:8px 0 0}
.dot{display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:6px;background:currentColor}
.bars{display:grid;grid-template-columns:max-content 1fr max-content;gap:6px 12px;align-items:center}
.bar-name{overflow-wrap:anywhere}.bar-track{background:var(--bg);border-radius:4px}
.bar{height:14px;border-radius:4px;background:currentColor;min-width:2px}.bar-note{color:var(--dim);font-size:13px}
${['completed', 'failed', 'incomplete', 'cancelled', 'timed_out', 'expired', 'rejected', 'unknown', 'c0', 'c1', 'c2', 'c3', 'c4'].map((name) => `.${name}{color:var(--${name})}`).join('')}
.scroll{overflow-x:auto}.tall{max-height:460px;overflow:auto}.tall th{position:sticky;top:0;background:var(--card)}table{border-collapse:collapse;width:100%;font-size:14px}
th,td{text-align:left;vertical-align:top;padding:6px 10px;border-bottom:1px solid var(--rule);unicode-bidi:isolate}
th{font-size:13px;color:var(--dim);white-space:nowrap}td.number,th.number{text-align:right}
td.status,td.model{white-space:nowrap}td.status{font-weight:600}td.text{width:90%;min-width:280px;overflow-wrap:anywhere;white-space:pre-wrap}
td.id{overflow-wrap:anywhere;min-width:150px}td.code{overflow-wrap:anywhere;min-width:170px}tr:last-child td{border-bottom:0}
th button{all:unset;cursor:pointer}th button:focus-visible,input:focus-visible,select:focus-visible,
.pages button:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
th[aria-sort=ascending] button::after{content:" \\25b2"}th[aria-sort=descending] button::after{content:" \\25bc"}
.tools{display:flex;flex-wrap:wrap;gap:10px;align-items:center;margin-bottom:12px}
input,select,.pages button{font:inherit;color:inherit;background:var(--bg);border:1px solid var(--rule);
border-radius:6px;padding:5px 10px}input[type=search]{flex:1 1 220px;min-width:0}
.pages{display:flex;gap:10px;align-items:center;margin-top:12px}.pages button:disabled{opacity:.45}
@media(max-width:700px){body{padding:12px}.bars{grid-template-columns:max-content 1fr}.bar-note{grid-column:1/-1}}
@media print{body{background:#fff}section{break-inside:avoid}.tools,.pages{display:none}}
`;

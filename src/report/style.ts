/** The look of a report, besides that of all pages. */

export const REPORT_STYLE = `
body{max-width:1092px}h1{font-size:28px;line-height:1.25}section>h2{font-size:19px}
.notes{border-left:4px solid var(--incomplete);background:var(--card);padding:10px 16px;margin:16px 0;border-radius:0 8px 8px 0}
.notes ul{margin:4px 0 0;padding-left:20px}.ids,.name,li,p,h2,h3,h4,h5,h6{overflow-wrap:anywhere}
.name,.ids{unicode-bidi:isolate}a{color:var(--link)}
nav ul{list-style:none;margin:0;padding:0;font-size:14px}nav li{margin:5px 0;line-height:1.35}nav .level-3{padding-left:14px}
nav a{text-decoration:none}nav a:hover{text-decoration:underline}
.layout{display:grid;grid-template-columns:minmax(0,1fr);gap:0 36px}
.layout>main{max-width:calc(74ch + 72px);width:100%;min-width:0}
nav{border-bottom:1px solid var(--rule);padding:20px 0 12px}nav h2{margin:0 0 8px}
@media(min-width:1080px){.layout{grid-template-columns:230px minmax(0,1fr)}
nav{position:sticky;top:0;align-self:start;max-height:100vh;overflow-y:auto;border:0}}
section{padding:20px 36px}section ul,section ol{padding-left:24px}section li{margin:3px 0}
article{font-size:16.5px;line-height:1.65;unicode-bidi:isolate}
article>:first-child{margin-top:4px}article>:last-child{margin-bottom:4px}
article p{margin:.8em 0}article li p{margin:.3em 0}article h2,article h3,article h4,article h5,article h6{line-height:1.3;
scroll-margin-top:12px}article h2{font-size:23px;margin:1.7em 0 .5em}article h3{font-size:19px;margin:1.5em 0 .4em}
article h4,article h5,article h6{font-size:16.5px;margin:1.3em 0 .3em}
article .scroll{margin:1.1em 0}main th{white-space:normal}main td{min-width:9ch;overflow-wrap:anywhere}
main td.number,main td[style*=right]{white-space:nowrap;min-width:0}
article tr:last-child td{border-bottom:1px solid var(--rule)}
article blockquote{margin:1em 0;padding:0 0 0 16px;border-left:3px solid var(--rule);color:var(--dim)}
article hr{border:0;border-top:1px solid var(--rule);margin:1.8em 0}article hr+h2{margin-top:.8em}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.88em}
code{background:var(--bg);border-radius:4px;padding:1px 4px;overflow-wrap:anywhere}
pre{background:var(--bg);border-radius:8px;padding:12px 14px;overflow-x:auto;line-height:1.5}pre code{padding:0;background:none}
img{max-width:100%;height:auto;border-radius:6px;background:#fff;vertical-align:top}
.file{margin:0 0 24px}.file .dim{font-weight:400}.file .bar-name{font-size:14px}.file h3{font-size:15px;margin:0 0 8px}.file .plots{margin-bottom:14px}
.file .plots{grid-template-columns:repeat(auto-fit,minmax(min(100%,300px),1fr))}figcaption{overflow-wrap:anywhere}
@media(max-width:700px){h1{font-size:24px}section{padding:14px 16px}.bars{grid-template-columns:minmax(0,max-content) minmax(80px,1fr) max-content}.bar-note{grid-column:auto}
article{font-size:16px}}
@media print{nav{display:none}.layout{display:block}.layout>main{max-width:none}section{border:0;padding:0;break-inside:auto}
.tall{max-height:none}h2,h3,h4,figcaption{break-after:avoid}img,figure,tr,pre,blockquote{break-inside:avoid}
article{font-size:11pt}article a[href^=http]::after{content:" (" attr(href) ")";font-size:.8em;overflow-wrap:anywhere}}
`;

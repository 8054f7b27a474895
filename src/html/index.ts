/** Pages without a library: escaping, the frame, plots as SVG. */
export { short } from './axis';
export { bars, stackedBar, type Part } from './bars';
export { escapeHtml, Html, html, scriptJson, type HtmlValue } from './escape';
export { fact } from './facts';
export { histogram, quantile, type HistogramOptions } from './histogram';
export { lines, type Line, type LinesOptions } from './lines';
export { pageEnd, pageFrame, pageHead, type PageFrame } from './page';
export { BASE_STYLE } from './style';
export { duration, fileSize } from './units';

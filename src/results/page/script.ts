/** The script of a batch's page: fills, sorts and filters the table of all records. It writes text only, never HTML. */

export const PAGE_SCRIPT = String.raw`
(() => {
  'use strict';
  const PAGE = 200;
  const STATUS = 2;
  const rows = JSON.parse(document.getElementById('records').textContent);
  const all = document.getElementById('all');
  const [search, select] = [all.querySelector('input'), all.querySelector('select')];
  const [body, heads] = [all.querySelector('tbody'), [...all.querySelectorAll('th')]];
  const [back, next] = all.querySelectorAll('.pages button');
  const isNumber = heads.map((head) => head.classList.contains('number'));
  const kinds = ['number', 'id', 'status', 'model', 'number', 'number', 'number', 'number', 'text'];
  const haystack = rows.map((row) => row.slice(1).join('\n').toLowerCase());
  let [shown, page, column, direction] = [rows.map((_, i) => i), 0, 0, 1];

  const compare = (a, b) => {
    const [x, y] = [rows[a][column], rows[b][column]];
    if (x === y) return a - b;
    if (x === null || y === null) return x === null ? 1 : -1;
    return (x < y ? -1 : 1) * direction;
  };

  const cellOf = (value, i, status) => {
    const cell = document.createElement('td');
    cell.className = i === STATUS ? 'status ' + status : kinds[i];
    cell.textContent = value === null ? '' : isNumber[i] ? value.toLocaleString('en-US') : value;
    return cell;
  };

  const draw = () => {
    const last = Math.max(0, Math.ceil(shown.length / PAGE) - 1);
    page = Math.min(page, last);
    body.replaceChildren(...shown.slice(page * PAGE, (page + 1) * PAGE).map((at) => {
      const row = document.createElement('tr');
      row.append(...rows[at].map((value, i) => cellOf(value, i, rows[at][STATUS])));
      return row;
    }));
    all.querySelector('[role=status]').textContent =
      shown.length.toLocaleString('en-US') + ' of ' + rows.length.toLocaleString('en-US');
    all.querySelector('.pages').hidden = last === 0;
    all.querySelector('.pages span').textContent = 'page ' + (page + 1) + ' of ' + (last + 1);
    [back.disabled, next.disabled] = [page === 0, page === last];
  };

  const choose = () => {
    const [words, status] = [search.value.trim().toLowerCase(), select.value];
    shown = rows.map((_, i) => i).filter((i) =>
      (status === '' || rows[i][STATUS] === status) && haystack[i].includes(words));
    shown.sort(compare);
    page = 0;
    draw();
  };

  const sortBy = (i) => {
    direction = column === i ? -direction : 1;
    column = i;
    for (const head of heads) head.removeAttribute('aria-sort');
    heads[i].setAttribute('aria-sort', direction > 0 ? 'ascending' : 'descending');
    choose();
  };

  for (const status of [...new Set(rows.map((row) => row[STATUS]))].sort()) {
    const option = document.createElement('option');
    option.value = option.textContent = status;
    select.append(option);
  }
  heads.forEach((head, i) => head.querySelector('button').addEventListener('click', () => sortBy(i)));
  let typed;
  search.addEventListener('input', () => {
    clearTimeout(typed);
    typed = setTimeout(choose, 150);
  });
  select.addEventListener('change', choose);
  const turn = (by) => {
    page += by;
    draw();
    all.scrollIntoView();
  };
  back.addEventListener('click', () => turn(-1));
  next.addEventListener('click', () => turn(1));
  heads[0].setAttribute('aria-sort', 'ascending');
  all.hidden = false;
  draw();
})();
`;

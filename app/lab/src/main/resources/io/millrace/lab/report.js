const tip = document.getElementById('tip');
function show(target, x, y) {
  tip.textContent = target.dataset.tip;
  tip.style.opacity = 1;
  const box = tip.getBoundingClientRect();
  tip.style.left = Math.max(4, Math.min(x + 12, innerWidth - box.width - 4)) + 'px';
  tip.style.top = (y + 18 + box.height > innerHeight ? y - box.height - 8 : y + 18) + 'px';
}
function hide() { tip.style.opacity = 0; }
addEventListener('pointermove', event => {
  const target = event.target.closest('[data-tip]');
  target ? show(target, event.clientX, event.clientY) : hide();
});
addEventListener('focusin', event => {
  const target = event.target.closest('[data-tip]');
  if (target) { const box = target.getBoundingClientRect(); show(target, box.left + box.width / 2, box.bottom); }
});
addEventListener('focusout', hide);
document.getElementById('save').addEventListener('click', () => {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([document.getElementById('data').textContent], {type: 'application/json'}));
  link.download = 'millrace-lab.json';
  link.click();
  URL.revokeObjectURL(link.href);
});
addEventListener('beforeprint', () => document.querySelectorAll('details').forEach(each => each.open = true));

// A panel as a PNG: what the browser has laid out, painted once more on a canvas. Nothing is loaded, so
// the content policy has nothing to say.

const SKIPPED = 'details, dialog, .hidden, .u-over, header button';

function paintElement(ctx: CanvasRenderingContext2D, element: Element, box: DOMRect): void {
  const style = getComputedStyle(element);
  if (element instanceof HTMLCanvasElement) {
    ctx.drawImage(element, box.x, box.y, box.width, box.height);
    return;
  }
  const shape = element instanceof SVGElement;
  if (shape && element.tagName !== 'rect') return;
  ctx.globalAlpha = Number(style.opacity) * (shape ? Number(style.fillOpacity) : 1);
  ctx.fillStyle = shape ? style.fill : style.backgroundColor;
  ctx.beginPath();
  ctx.roundRect(box.x, box.y, box.width, box.height, shape ? 2 : parseFloat(style.borderRadius) || 0);
  ctx.fill();
  ctx.globalAlpha = 1;
}

/** Word by word, as wrapped lines have them; a word that was cut off is left out. */
function paintText(ctx: CanvasRenderingContext2D, text: Text, origin: DOMRect): void {
  const parent = text.parentElement as Element;
  const style = getComputedStyle(parent);
  const edge = parent.closest('a, th, td')?.getBoundingClientRect().right ?? origin.right;
  ctx.font = style.font;
  ctx.fillStyle = parent instanceof SVGElement ? style.fill : style.color;
  ctx.textBaseline = 'middle';
  const range = document.createRange();
  for (const word of text.data.matchAll(/\S+/g)) {
    range.setStart(text, word.index);
    range.setEnd(text, word.index + word[0].length);
    const box = range.getBoundingClientRect();
    if (box.width > 0 && box.left < edge) ctx.fillText(word[0], box.x - origin.x, box.y - origin.y + box.height / 2, Math.max(edge - box.left, 1));
  }
}

export function savePicture(panel: HTMLElement, name: string): void {
  const origin = panel.getBoundingClientRect();
  const canvas = document.createElement('canvas');
  const scale = Math.max(devicePixelRatio, 2);
  canvas.width = Math.ceil(origin.width * scale);
  canvas.height = Math.ceil(origin.height * scale);
  const ctx = canvas.getContext('2d') as CanvasRenderingContext2D;
  ctx.scale(scale, scale);
  ctx.fillStyle = getComputedStyle(panel).backgroundColor;
  ctx.fillRect(0, 0, origin.width, origin.height);
  const walker = document.createTreeWalker(panel, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (node) =>
    node instanceof Element && node.matches(SKIPPED) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    if (node instanceof Text) paintText(ctx, node, origin);
    else {
      const box = (node as Element).getBoundingClientRect();
      paintElement(ctx, node as Element, new DOMRect(box.x - origin.x, box.y - origin.y, box.width, box.height));
    }
  }
  const link = document.createElement('a');
  link.download = name;
  link.href = canvas.toDataURL('image/png');
  link.click();
}

"""What every page of ours must hold, whatever it shows: names for whatever can be used, and contrast."""

from typing import Any

from playwright.async_api import Page

# In the page: the colours as they are painted, with whatever lies behind them.
_LOOK = """
() => {
  const seen = (node) => node.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const parsed = (text) => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((n) => top[n] * top[3] + below[n] * (1 - top[3])).concat(1);
  const ground = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) layers.push(parsed(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), parsed("Canvas"));
  };
  const light = ([r, g, b]) => {
    const line = (c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const linear = [r, g, b].map((c) => line(c / 255));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const contrast = (one, other) => {
    const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  };
  const found = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((each) => each.nodeType === 3 && each.data.trim());
    if (!own || !seen(node) || node.closest(".unseen, title, script")) continue;
    const style = getComputedStyle(node);
    const behind = ground(node.closest("svg")?.parentElement ?? node);
    const ink = node.closest("svg") ? style.fill : style.color;
    const ratio = contrast(over(parsed(ink), behind), behind);
    if (ratio < 4.5) found.push(`contrast ${ratio.toFixed(2)}: ${node.textContent.trim().slice(0, 40)}`);
  }
  const small = "button, input:not([type=hidden]), select, [role=slider], .choices a, .pager a, .button";
  for (const node of document.querySelectorAll(small)) {
    // What lies inside its label is hit wherever the label is.
    const { width, height } = (node.closest("label") ?? node).getBoundingClientRect();
    if (seen(node) && (width < 43.9 || height < 43.9)) {
      found.push(`target ${width.toFixed(0)}x${height.toFixed(0)}: ${node.textContent.trim().slice(0, 40)}`);
    }
  }
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  for (const id of new Set(ids.filter((each, n) => ids.indexOf(each) !== n))) found.push(`id twice: ${id}`);
  const levels = [...document.querySelectorAll("h1, h2, h3, h4")].map((node) => Number(node.tagName[1]));
  if (levels.filter((level) => level === 1).length !== 1) found.push(`headings of level 1: ${levels}`);
  levels.forEach((level, n) => n && level > levels[n - 1] + 1 && found.push(`heading skipped: ${levels}`));
  if (document.documentElement.scrollWidth > innerWidth) found.push("wider than the window");
  if (document.querySelector("[style], style, script:not([src])")) found.push("inline style or script");
  return found;
}
"""

_USABLE = {"button", "link", "slider", "textbox", "checkbox", "combobox", "image", "radio"}


async def complaints(page: Page) -> list[str]:
    """Everything on this page that somebody could not read, hit, or hear the name of."""
    return [*await page.evaluate(_LOOK), *await _nameless(page)]


async def _nameless(page: Page) -> list[str]:
    """As the browser tells it to a screen reader."""
    session = await page.context.new_cdp_session(page)
    nodes: list[dict[str, Any]] = (await session.send("Accessibility.getFullAXTree"))["nodes"]
    await session.detach()
    return [
        f"no name: {role}"
        for node in nodes
        if not node.get("ignored")
        and (role := node.get("role", {}).get("value")) in _USABLE
        and not str(node.get("name", {}).get("value", "")).strip()
    ]

// What a page owes everybody, asked of the browser itself. Each returns its faults; none is fine.

const colour = (text) => {
  const [r, g, b, alpha] = text.match(/[\d.]+/g).map(Number);
  return { rgb: [r, g, b], alpha: alpha ?? 1 };
};

const luminance = (rgb) => {
  const linear = rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
};

/** Every colour that may be behind an element; a gradient counts by its stops. */
const grounds = (node) => {
  for (let at = node; at; at = at.parentElement) {
    const style = getComputedStyle(at);
    if (style.backgroundImage !== "none") return style.backgroundImage.match(/rgba?\([^)]*\)/g).map(colour);
    const own = colour(style.backgroundColor);
    if (own.alpha === 1) return [own];
  }
  return [{ rgb: [255, 255, 255] }];
};

const named = (node) => {
  const labels = [...node.labels].map((label) => label.textContent).join("");
  const own = node.tagName === "BUTTON" ? node.textContent : "";
  return Boolean((node.getAttribute("aria-label") || labels || own).trim());
};

const shown = (selector) => [...document.querySelectorAll(selector)].filter((node) => node.checkVisibility());
const excerpt = (node) => node.outerHTML.slice(0, 80);

const checks = {
  contrast() {
    const faults = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode.parentElement;
      const blank = !walker.currentNode.textContent.trim();
      if (blank || !node.checkVisibility() || node.closest("option, noscript")) continue;
      const style = getComputedStyle(node);
      const size = parseFloat(style.fontSize);
      const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
      for (const ground of grounds(node)) {
        const both = [luminance(colour(style.color).rgb), luminance(ground.rgb)].sort((a, b) => a - b);
        const ratio = (both[1] + 0.05) / (both[0] + 0.05);
        if (ratio < least) faults.add(`${ratio.toFixed(2)} ${node.tagName}.${node.className}`);
      }
    }
    return [...faults];
  },

  names() {
    const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
    const faults = ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `id twice: ${id}`);
    for (const node of shown("button, input, select")) {
      if (!named(node)) faults.push(`no name: ${excerpt(node)}`);
    }
    for (const image of document.querySelectorAll("img:not([alt])")) faults.push(`no alt: ${excerpt(image)}`);
    for (const one of ["main", "h1"]) {
      if (document.querySelectorAll(one).length !== 1) faults.push(`not one ${one}`);
    }
    if (!document.documentElement.lang) faults.push("no language");
    const levels = shown("h1, h2, h3, h4").map((node) => Number(node.tagName[1]));
    levels.forEach((level, at) => {
      if (at > 0 && level > levels[at - 1] + 1) faults.push(`a heading jumps to level ${level}`);
    });
    return faults;
  },

  targets() {
    return shown("button, input, select").filter((node) => {
      const box = node.getBoundingClientRect();
      return box.width < 24 || box.height < 23.9; // fractions of a pixel are rounding
    }).map(excerpt);
  },
};

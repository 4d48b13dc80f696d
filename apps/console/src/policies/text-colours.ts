/** Colours of text, each with a contrast of 4.5 to 1 or more on the ground of either theme (WCAG 2.2, 1.4.3). */
export const TEXT_COLOURS = {
  blue: legible('blue', 4),
  green: legible('green', 4),
  orange: legible('orange', 4),
  red: legible('red', 4),
  violet: legible('violet', 3),
}

function legible(colour: string, shadeOnDark: number): string {
  return `light-dark(var(--mantine-color-${colour}-light-color), var(--mantine-color-${colour}-${String(shadeOnDark)}))`
}

import { createSpotlight } from '@mantine/spotlight'

/** The command palette, which any page may open. */
export const [paletteStore, { open: openPalette }] = createSpotlight()

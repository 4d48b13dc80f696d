import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core'

const pine: MantineColorsTuple = [
  '#eaf6f2',
  '#d8ebe4',
  '#b0d6c9',
  '#85c0ac',
  '#5faf94',
  '#3f9a7d',
  '#1f6f5c',
  '#1a6151',
  '#145043',
  '#0c3e34',
]

const night: MantineColorsTuple = [
  '#e3e6e8',
  '#b9c0c5',
  '#8e979e',
  '#5c656c',
  '#394046',
  '#2c3135',
  '#1d2123',
  '#16191b',
  '#111315',
  '#0b0d0e',
]

/** Dense, quiet and legible: each colour of text has a contrast of 4.5 to 1 or more on its ground (WCAG 2.2, 1.4.3). */
export const theme = createTheme({
  primaryColor: 'pine',
  primaryShade: 6,
  colors: { pine, dark: night },
  autoContrast: true,
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', Menlo, Consolas, monospace",
  defaultRadius: 'md',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  headings: {
    fontWeight: '600',
    sizes: { h1: { fontSize: '1.375rem' }, h2: { fontSize: '1.0625rem' }, h3: { fontSize: '0.9375rem' } },
  },
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'sm' } },
    TextInput: { defaultProps: { size: 'sm' } },
    Badge: {
      defaultProps: { variant: 'light', size: 'sm', radius: 'sm' },
      styles: { root: { textTransform: 'none', fontWeight: 500 } },
    },
    InputWrapper: { defaultProps: { withAsterisk: false } },
    Card: { defaultProps: { withBorder: true, padding: 'md' } },
    Tooltip: { defaultProps: { openDelay: 300, withinPortal: true } },
  },
})

/** Reds that white can be read on. */
const RED = { '--mantine-color-red-filled': '#c92a2a', '--mantine-color-red-filled-hover': '#b02525' }

/** Mantine's grey on grey, and its light colours on light ground, are too faint in places. `good` and `bad` are for text. */
export const colours: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    ...RED,
    '--probity-good': '#1b6129',
    '--probity-bad': '#a51f1f',
    '--mantine-color-green-text': 'var(--probity-good)',
    '--mantine-color-red-text': 'var(--probity-bad)',
    '--mantine-color-orange-text': '#944200',
    '--mantine-color-blue-text': '#14508f',
    '--mantine-color-violet-text': '#5f3dc4',
    '--mantine-color-green-light-color': 'var(--probity-good)',
    '--mantine-color-red-light-color': 'var(--probity-bad)',
    '--mantine-color-orange-light-color': '#944200',
    '--mantine-color-blue-light-color': '#14508f',
    '--mantine-color-gray-light-color': '#42484e',
    '--mantine-color-pine-light-color': 'var(--mantine-color-pine-8)',
    '--mantine-color-dimmed': '#52585e',
    '--mantine-color-placeholder': '#666d74',
    '--mantine-color-anchor': 'var(--mantine-color-pine-7)',
    '--probity-ground': '#fafbfb',
    '--probity-line': '#e3e6e8',
    '--probity-shadow': 'rgba(0, 0, 0, 0.22)',
  },
  dark: {
    ...RED,
    '--probity-good': '#8ce99a',
    '--probity-bad': '#ffa8a8',
    '--mantine-color-green-text': 'var(--probity-good)',
    '--mantine-color-red-text': 'var(--probity-bad)',
    '--mantine-color-orange-text': '#ffc078',
    '--mantine-color-violet-text': '#b197fc',
    '--mantine-color-green-light-color': 'var(--probity-good)',
    '--mantine-color-red-light-color': 'var(--probity-bad)',
    '--mantine-color-red-light': 'rgba(250, 82, 82, 0.16)',
    '--mantine-color-green-light': 'rgba(64, 192, 87, 0.16)',
    '--mantine-color-gray-light': '#343b40',
    '--mantine-color-gray-light-color': '#dfe3e6',
    '--mantine-color-pine-light': '#1d3f37',
    '--mantine-color-pine-light-color': 'var(--mantine-color-pine-2)',
    '--mantine-color-dimmed': '#b3b9be',
    '--mantine-color-placeholder': '#9aa1a8',
    '--mantine-color-anchor': 'var(--mantine-color-pine-3)',
    '--probity-ground': '#111315',
    '--probity-line': '#2c3135',
    '--probity-shadow': 'rgba(0, 0, 0, 0.8)',
  },
})

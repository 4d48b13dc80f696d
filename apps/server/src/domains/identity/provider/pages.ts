import type { KoaContextWithOIDC } from 'oidc-provider'

/** Pages that a browser gets from the provider itself: without scripts, and without what anybody sent. */
const POLICY = "default-src 'none'; form-action 'self'; frame-ancestors 'none'"

function page(context: KoaContextWithOIDC, title: string, content: string): void {
  context.set('content-security-policy', POLICY)
  context.type = 'html'
  context.body = `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1>${content}</html>`
}

/** Where a person types the code that their device shows. `form` is the library's, with what guards it against CSRF. */
export function deviceInputPage(context: KoaContextWithOIDC, form: string, _out?: unknown, error?: unknown): void {
  const wrong =
    error === undefined ? '' : '<p role="alert">There is no such code any more. Look at the device again.</p>'
  page(
    context,
    'Let a device in',
    `${wrong}<p>Type the code that the device shows.</p>${form}<button type="submit" form="op.deviceInputForm">Continue</button>`,
  )
}

export function deviceConfirmPage(
  context: KoaContextWithOIDC,
  form: string,
  client: { clientName?: string | undefined },
  _device: unknown,
  userCode: string,
): void {
  const what = `<p>${escaped(client.clientName ?? 'An application')} shows <strong>${escaped(userCode)}</strong>?</p>`
  page(
    context,
    'Is it your device?',
    `${what}<p>If not, close this page.</p>${form}<button autofocus type="submit" form="op.deviceConfirmForm">Yes, continue</button>`,
  )
}

export function deviceDonePage(context: KoaContextWithOIDC): void {
  page(context, 'The device is let in', '<p>Go on there.</p>')
}

export function errorPage(
  context: KoaContextWithOIDC,
  out: { error: string; error_description?: string | undefined },
): void {
  page(context, 'That did not work', `<p>${escaped(out.error)}: ${escaped(out.error_description ?? '')}</p>`)
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}

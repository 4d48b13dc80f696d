/** Stands for whoever tries names that nobody has, or comes back from a provider with an answer that is none. */
export const UNKNOWN_PERSON = 'unknown:login'

/** Characters (NIST SP 800-63B-4 §3.1.1.2); the server refuses the commonest beside. */
export const SHORTEST_PASSWORD = 15

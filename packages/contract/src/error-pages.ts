import type { ErrorCode } from './errors.ts'

/** What stands on the page of an error code, beside its status and title. */
export interface ErrorPage {
  /** What it means that it was answered. */
  means: string
  /** What whoever gets it can do. */
  remedy: string
}

/** The page of each code, at /docs/errors/CODE of every server. */
export const ERROR_PAGES: Record<ErrorCode, ErrorPage> = {
  BAD_REQUEST: {
    means:
      'The request could not be taken apart: its body is no JSON, its length is wrong, or a header has a form that nothing can be made of.',
    remedy: 'Look at message and details, and at what your client really sends. The same request fails again.',
  },
  VALIDATION_FAILED: {
    means:
      'The request was read, and a field is missing, unknown, or not as the schema of the operation wants it. Nothing was done.',
    remedy: 'details.issues names each field as a pointer, and what was wanted there. Compare with the API reference.',
  },
  CURSOR_INVALID: {
    means: 'The cursor was made by another list, or was cut or changed on its way.',
    remedy: 'Start the list again without a cursor, and pass on next_cursor as it comes. Cursors say nothing to read.',
  },
  NUMBER_OUT_OF_RANGE: {
    means: 'A range or an index reaches behind the end of the log, or begins after it ends.',
    remedy: 'details.size is how many entries the log has. Ask within it.',
  },
  UNAUTHENTICATED: {
    means: 'There is no token in the request, or it has expired, was revoked, or never was one of this server.',
    remedy: 'Refresh the session or log in again; of an API token, make another. It goes into Authorization: Bearer.',
  },
  DPOP_PROOF_INVALID: {
    means:
      'The session is bound to a key (RFC 9449), and the proof that came along is missing, old, used before, of another key, or made for another address or method.',
    remedy:
      'Make a new proof for each request, for the address as people reach the server, and see to it that your clock is right.',
  },
  CREDENTIALS_INVALID: {
    means: 'Name, password and tenant do not fit together. Which of them is wrong is not told to anybody.',
    remedy: 'Try again, or have a link sent for a new password. After some wrong tries there are pauses.',
  },
  MFA_CODE_INVALID: {
    means: 'The code of the second factor is wrong, was used before, or its time is over.',
    remedy:
      'Take the next code of the authenticator, and look whether its clock is right; or use one of the backup codes.',
  },
  SCOPE_MISSING: {
    means:
      'You are known, and neither a scope of your token nor a role allows the operation. The API reference says what each one needs.',
    remedy: 'Have an administrator of the tenant give you a role, or make a token with the scope.',
  },
  ACCESS_DENIED: {
    means:
      'It was decided by roles and policies that you may not do this to that. The decision is an entry of the log.',
    remedy: 'Ask who administers the tenant; they can have the decision explained, part by part.',
  },
  ADDRESS_AMBIGUOUS: {
    means:
      'A gateway asked about an address that could be read in more than one way, such as with dots or slashes that were encoded, or said none. What a gateway and an application read differently is let through to neither.',
    remedy: 'Ask for the address in its plain form. Behind a gateway, look at which headers it passes on.',
  },
  CSRF_REFUSED: {
    means: 'The session is in cookies, and the request shows nothing that only your own page can know.',
    remedy:
      'Send the csrf_token that the log-in answered with as the header x-csrf-token, in everything that changes something.',
  },
  IMPERSONATING: {
    means:
      'You act as somebody else, and this is for that person alone: what opens, changes or proves something of theirs.',
    remedy: 'End acting as them, or have them do it themselves.',
  },
  STEP_UP_REQUIRED: {
    means:
      'What you ask for is sensitive, and you showed your password and second factor too long ago, or without a second factor.',
    remedy: 'Show them again with POST /v1/auth/step-up, then repeat the request.',
  },
  SESSION_REQUIRED: {
    means: 'This takes a person who has logged in; an API token or an application does not count as one.',
    remedy: 'Log in, and use the token of the session.',
  },
  PROVIDER_REQUIRED: {
    means: 'The tenant has its people log in through its identity provider, and passwords of Probity open nothing.',
    remedy: 'Begin with POST /v1/auth/sso. When the provider is down, a break-glass account still gets in.',
  },
  GRANT_REFUSED: {
    means:
      'You may not give or take the role, the scopes or the membership: you do not have them to give, they would come to yourself, or it takes a person.',
    remedy: 'message says which it is. Ask somebody else who administers the tenant.',
  },
  ACCOUNT_SUSPENDED: {
    means: 'The account was suspended. Its sessions and tokens do nothing until it is active again.',
    remedy: 'An administrator of the tenant can reactivate it.',
  },
  TENANT_SUSPENDED: {
    means: 'The tenant was suspended by who runs the server. What is there can be read; nothing can be changed.',
    remedy: 'Ask whoever runs the server.',
  },
  NOT_FOUND: {
    means:
      'There is nothing under this address or id: it never was, is gone, or belongs to another tenant, which looks the same.',
    remedy: 'Look at the id and the address, and of which tenant your token is.',
  },
  METHOD_NOT_ALLOWED: {
    means: 'The address is there, and does not take this method.',
    remedy: 'The API reference says which ones it takes.',
  },
  REQUEST_TIMEOUT: {
    means: 'The headers or the body of the request did not arrive in the time that the server gives them.',
    remedy: 'Send it again. Send much at once as a stream, which has no such limit, to POST /v1/audit/ingest.',
  },
  EVENT_ID_CONFLICT: {
    means: 'An event with this event_id is in the log already, and says something else. The one in the log stays.',
    remedy:
      'Give each event an id of its own. To send one again after a failure, send exactly what you sent before: then it counts once.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    means: 'The Idempotency-Key came before, with a request of other content.',
    remedy: 'Take a new key for each new request, and the same one only to repeat the same request.',
  },
  IDEMPOTENCY_KEY_IN_USE: {
    means: 'The first request with this Idempotency-Key has not been answered yet.',
    remedy: 'Wait a moment and repeat it: you get the answer of the first.',
  },
  LAST_ADMINISTRATOR: {
    means: 'Nobody would be left who administers the tenant.',
    remedy: 'Make somebody else an administrator first.',
  },
  BREAK_GLASS_NEEDED: {
    means: 'With log-in through the provider alone, nobody would get in on the day on which the provider fails.',
    remedy: 'Make an account of an administrator, which has a password, a break-glass account first.',
  },
  PROVIDER_UNPROVEN: {
    means:
      'Nobody has logged in through the provider since it was configured as it is now, so nobody knows that it works.',
    remedy: 'Log in through it once, then switch passwords off.',
  },
  IDENTITY_NOT_LINKED: {
    means:
      'The identity provider says who you are, and no account here is linked to that identity. One with the same address is not taken over unasked.',
    remedy: 'Log in as before and link the identity in your account, or ask an administrator for an invitation.',
  },
  LAST_WAY_IN: {
    means: 'What you take away is the only thing by which you can log in.',
    remedy: 'Set a password, add a passkey or link another identity first.',
  },
  SYSTEM_ROLE: {
    means: 'The role is one that every tenant has, and is the same in each.',
    remedy: 'Make a role of your own with it as parent, and change that.',
  },
  ROLE_CYCLE: {
    means: 'By its parents, and theirs, the role would be its own parent.',
    remedy: 'Leave out the parent that leads back.',
  },
  ROLE_IN_USE: {
    means:
      'Somebody has the role, or another role has it as parent, so that deleting it would take something from them unseen.',
    remedy: 'Take it from them first; the grants and roles that name it can be listed.',
  },
  RELATION_CYCLE: {
    means: 'By its parents, and theirs, the entity would be within itself.',
    remedy: 'Leave out the relation that leads back.',
  },
  RELATIONS_TOO_MANY: {
    means:
      'From one entity so many others are reached that a decision would take too long. It is not decided, rather than wrongly.',
    remedy: 'Put fewer things into one another: relate a document to its project, and the project to its owner.',
  },
  POLICY_STATE: {
    means:
      'The version is in another state than this takes, such as approved where a draft is needed; or its time is over.',
    remedy: 'details says the state and the one that is needed. What is approved does not change: write a new version.',
  },
  POLICY_TESTS_FAILED: {
    means: 'The version was not submitted, since a test of it fails or it has none.',
    remedy: 'Run its tests, which name what they expected; write a version that passes, and submit that.',
  },
  POLICY_WARNINGS: {
    means:
      'The analysis found something that nobody may mean: a policy that never matches, is shadowed, grants more than before, or locks somebody out.',
    remedy:
      'Read the findings, each of which has a request that shows it. Mend the policy, or accept the warnings by name.',
  },
  APPROVAL_REFUSED: {
    means:
      'You wrote or submitted this version, or are not surely somebody else than who did; nobody approves their own.',
    remedy: 'Have somebody else who administers the tenant log in and answer it.',
  },
  DUTIES_SEPARATED: {
    means: 'Two roles exclude each other in this tenant, and somebody would have both.',
    remedy: 'Take one of them away first, or change the exclusion if it is not meant.',
  },
  LAST_OWNER: {
    means: 'Nobody would be left who has the role of owner without an end.',
    remedy: 'Give the role to another person first.',
  },
  ELEVATION_CLOSED: {
    means: 'The request for a role was answered or withdrawn before, or 24 hours went by without an answer.',
    remedy: 'Ask for the role again.',
  },
  MOMENT_UNKNOWN: {
    means:
      'at_least names a moment that this database does not have: it is more than 30 days old, or the database was put back to before it. A decision could miss what you rely on, so none is made.',
    remedy:
      'See to it that what you changed is there, make a new moment with POST /v1/access/moments, and ask with that.',
  },
  REVIEW_CLOSED: {
    means: 'The item was decided before, or the review has ended.',
    remedy: 'To change the outcome, give the role again or take it back.',
  },
  DOMAIN_NOT_VERIFIED: {
    means:
      'DNS does not show the record by which the domain is proved to be yours, or still shows what it kept from before.',
    remedy: 'Put the record there as it was told, wait as long as the old answer lives, and check again.',
  },
  NAME_TAKEN: {
    means:
      'Something of this kind has the name already, perhaps in other letters of the same meaning, such as capitals.',
    remedy: 'Take another name, or rename what has it.',
  },
  NOT_INTEGRATED: {
    means: 'The entry is durable, and not yet in the tree from which proofs are made. That takes milliseconds.',
    remedy: 'Ask again in a moment.',
  },
  SUBJECT_AMBIGUOUS: {
    means: 'Several people go by this name, and an erasure is not undone.',
    remedy: 'details.subjects are their pseudonyms. Name one, or pass all=true for everybody of that name.',
  },
  LINK_EXPIRED: {
    means: 'The link was used, its time is over, or it was not copied whole. Each link opens once.',
    remedy: 'Ask for another: whoever invited you sends it, and for a forgotten password you do.',
  },
  VERSION_MISMATCH: {
    means:
      'What you change was changed by somebody else since you read it. Nothing was done, so that nothing of theirs is lost.',
    remedy: 'Read it again, put your change on what is there now, and send it with its new version.',
  },
  BODY_TOO_LARGE: {
    means: 'The body of the request has more bytes than the operation takes.',
    remedy: 'Send less at once. For many events there is POST /v1/audit/ingest, a stream without a limit.',
  },
  ENTRY_TOO_LARGE: {
    means: 'What an event says outside of data is more than an entry can hold, which is 65,535 bytes.',
    remedy: 'Put what is long into data, or leave it where it is and record its digest.',
  },
  MEDIA_TYPE_UNSUPPORTED: {
    means: 'The body is of a media type, or has an encoding, that the operation does not take.',
    remedy: 'details.supported says which ones it takes. JSON needs content-type: application/json.',
  },
  AUTHENTICATOR_REFUSED: {
    means:
      'The tenant takes passkeys of certain authenticators alone, and this is none of them, or could not show what it is.',
    remedy: 'Use an authenticator that the organisation gave out, or ask which ones it takes.',
  },
  EVENT_REFUSED: {
    means:
      'One event of those that were sent could not be read: the line is no JSON or no UTF-8, or a field is not as its format has it. The others were taken.',
    remedy: 'The result of that line says what is wrong and where. Mend it, and send that event again.',
  },
  PASSWORD_REFUSED: {
    means: 'The password is too short, among the commonest, or made of your name or of the product’s.',
    remedy: 'message says which. Take a longer one: a few words that nobody else would put together.',
  },
  TOO_MUCH_WORK: {
    means:
      'What was asked would keep the server for longer than one request may: many questions, each with many long conditions.',
    remedy:
      'Ask fewer questions at once. Where a single one is refused, the conditions of the roles and policies it meets are too long: shorten them.',
  },
  RATE_LIMITED: {
    means:
      'More requests came from this token, address or account than are taken; or the server has no room for more just now.',
    remedy: 'Wait as long as Retry-After says. The SDK does that by itself.',
  },
  INTERNAL: {
    means: 'Something failed in the server that should not. What was begun was undone.',
    remedy:
      'Tell whoever runs the server the request id: its log has the reason under it. Repeating it does no harm where you send an Idempotency-Key.',
  },
  PROVIDER_UNREACHABLE: {
    means: 'The identity provider does not answer, answers something else, or its certificate is not good.',
    remedy:
      'An administrator sees why by POST /v1/connections/{id}/check. Until it works, a break-glass account gets in.',
  },
  UNAVAILABLE: {
    means: 'The server cannot do this just now: its database is away, or it starts or stops.',
    remedy: 'Wait as long as Retry-After says, and repeat it. /readyz says when it is ready.',
  },
}

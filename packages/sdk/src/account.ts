import type {
  AccountReady,
  AddPasskey,
  AnswerConsent,
  AskPasskey,
  BackupCodes,
  ChangePassword,
  ChangeProfile,
  ConfirmFactor,
  ConsentAnswered,
  ConsentAsked,
  DeviceList,
  DevicesForgotten,
  FactorList,
  FactorSetUp,
  FederationStarted,
  ForgotPassword,
  GrantedApplications,
  IdentityList,
  LinkIdentity,
  PasskeyAdded,
  PasskeyLogin,
  PublicKeyOptions,
  ResetPassword,
  Self,
  Session,
  SessionOpened,
  SessionsEnded,
  SetUpFactor,
  ShowAddress,
  StepUp,
  User,
} from '@probity/contract'
import { type ClientOptions, path, Transport } from './transport.ts'

/** Whoever calls, and how they log in. */
export class AccountClient {
  protected readonly transport: Transport

  constructor(options: ClientOptions) {
    this.transport = new Transport(options)
  }

  me(): Promise<Self> {
    return this.transport.json('GET', '/v1/me')
  }

  changeProfile(change: ChangeProfile): Promise<User> {
    return this.transport.json('PATCH', '/v1/me', change)
  }

  /** Your other sessions end. */
  changePassword(input: ChangePassword): Promise<SessionsEnded> {
    return this.transport.json('POST', '/v1/me/password', input)
  }

  /** Has a link mailed that shows that your address is yours. */
  proveAddress(): Promise<null> {
    return this.transport.json('POST', '/v1/me/address')
  }

  showAddress(input: ShowAddress): Promise<null> {
    return this.transport.json('POST', '/v1/auth/address', input)
  }

  /** Has a link mailed, if there is such an account: the answer is the same. */
  forgotPassword(input: ForgotPassword): Promise<null> {
    return this.transport.json('POST', '/v1/auth/password/forgot', input)
  }

  resetPassword(input: ResetPassword): Promise<AccountReady> {
    return this.transport.json('POST', '/v1/auth/password/reset', input)
  }

  sessions(): Promise<{ sessions: Session[] }> {
    return this.transport.json('GET', '/v1/me/sessions')
  }

  endSession(id: string): Promise<null> {
    return this.transport.json('DELETE', path`/v1/me/sessions/${id}`)
  }

  /** All of yours but the one that calls. */
  endOtherSessions(): Promise<SessionsEnded> {
    return this.transport.json('DELETE', '/v1/me/sessions')
  }

  /** Shows password and second factor again, before what is sensitive. */
  stepUp(input: StepUp): Promise<null> {
    return this.transport.json('POST', '/v1/auth/step-up', input)
  }

  factors(): Promise<FactorList> {
    return this.transport.json('GET', '/v1/me/factors')
  }

  /** Counts once it is confirmed. */
  setUpFactor(input: SetUpFactor): Promise<FactorSetUp> {
    return this.transport.json('POST', '/v1/auth/mfa/setup', input)
  }

  confirmFactor(input: ConfirmFactor): Promise<BackupCodes> {
    return this.transport.json('POST', '/v1/auth/mfa/confirm', input)
  }

  removeFactor(id: string): Promise<null> {
    return this.transport.json('DELETE', path`/v1/me/factors/${id}`)
  }

  /** Those before are no longer good. */
  newBackupCodes(): Promise<BackupCodes> {
    return this.transport.json('POST', '/v1/me/backup-codes')
  }

  /** What a browser makes a passkey from. */
  passkeyOptions(): Promise<PublicKeyOptions> {
    return this.transport.json('POST', '/v1/me/passkeys/options')
  }

  addPasskey(input: AddPasskey): Promise<PasskeyAdded> {
    return this.transport.json('POST', '/v1/me/passkeys', input)
  }

  /** What a browser asks its passkeys with, to log in. */
  passkeyLogInOptions(input: AskPasskey): Promise<PublicKeyOptions> {
    return this.transport.json('POST', '/v1/auth/passkey/options', input)
  }

  logInWithPasskey(input: PasskeyLogin): Promise<SessionOpened> {
    return this.transport.json('POST', '/v1/auth/passkey', input)
  }

  /** Those that are not asked for a second factor. */
  devices(): Promise<DeviceList> {
    return this.transport.json('GET', '/v1/me/devices')
  }

  forgetDevices(): Promise<DevicesForgotten> {
    return this.transport.json('DELETE', '/v1/me/devices')
  }

  /** Identities at providers that open your account. */
  identities(): Promise<IdentityList> {
    return this.transport.json('GET', '/v1/me/identities')
  }

  /** Begins it: the browser is sent to `url`. */
  linkIdentity(input: LinkIdentity): Promise<FederationStarted> {
    return this.transport.json('POST', '/v1/me/identities', input)
  }

  unlinkIdentity(connectionId: string): Promise<null> {
    return this.transport.json('DELETE', path`/v1/me/identities/${connectionId}`)
  }

  /** What an application asks that sent this browser here. */
  consent(): Promise<ConsentAsked> {
    return this.transport.json('GET', '/v1/auth/consent')
  }

  answerConsent(input: AnswerConsent): Promise<ConsentAnswered> {
    return this.transport.json('POST', '/v1/auth/consent', input)
  }

  /** Applications that you let in. */
  grantedApplications(): Promise<GrantedApplications> {
    return this.transport.json('GET', '/v1/me/applications')
  }

  revokeApplication(id: string): Promise<null> {
    return this.transport.json('DELETE', path`/v1/me/applications/${id}`)
  }
}

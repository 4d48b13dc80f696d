import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { assertFailure, freePort, lastJson, probity, temporaryFolder } from './support.ts'

const folder = temporaryFolder()
const data = join(folder.path, 'data')
const files = join(folder.path, 'policies')
const here: Record<string, string> = {}
const run = (...words: string[]) => probity(['policy', ...words, '--json'], here)

interface Told {
  differences: number
  passed: boolean
  policies: {
    policy_name: string
    state: string
    version: number
    fields: string[]
    failed: number
    error: string | null
  }[]
}
function told(expected: number, ...words: string[]): Told {
  const ran = run(...words)
  assert.equal(ran.status, expected, ran.stdout + ran.stderr)
  return lastJson<Told>(ran)
}
const put = (name: string, text: string) => writeFileSync(join(files, name), text)
const READERS = {
  ...{ policy_name: 'Readers of files', policy_type: 'Access', description: 'Who reads' },
  tests: [
    {
      ...{ name: 'alice reads', principal: { type: 'user', id: 'alice' }, action: 'read' },
      ...{ resource: { type: 'file', id: '1' }, expect: 'allow' },
    },
  ],
}
const CEDAR = 'permit (principal == user::"alice", action == Action::"read", resource is file);\n'

before(async () => {
  writeFileSync(join(folder.path, 'password'), 'correct horse battery staple\n')
  const up = probity(['up', '--data', data, '--port', String(await freePort()), '--detach', '--json'])
  assert.equal(up.status, 0, up.stderr)
  const { setup_url } = lastJson<{ setup_url: string }>(up)
  const words = ['--tenant', 'acme', '--email', 'a@example.com', '--password-file', join(folder.path, 'password')]
  const made = probity(['init', '--setup-url', setup_url, ...words, '--json'])
  here.PROBITY_TOKEN = lastJson<{ token: string }>(made).token
  here.PROBITY_URL = new URL(setup_url).origin
  assert.deepEqual(told(0, 'pull', files).policies, [])
})
after(() => {
  probity(['down', '--data', data])
  folder.remove()
})

test('a policy in files is tested, shown as new, applied, and the same then', () => {
  put('readers.json', JSON.stringify(READERS))
  put('readers.cedar', CEDAR)
  assert.equal(told(0, 'test', files).passed, true)
  assert.deepEqual(
    told(1, 'diff', files).policies.map(({ state }) => state),
    ['new'],
  )
  const [applied] = told(0, 'apply', files, '--submit', '--accept-warnings').policies
  assert.deepEqual([applied?.version, applied?.state], [1, 'in_review'])
  assert.equal(told(0, 'diff', files).differences, 0)
  assert.deepEqual(told(0, 'apply', files).policies, [], 'what is the same is not written again')
})

test('tests that fail and rules that cannot be read end with 1, and say where', () => {
  put('readers.cedar', CEDAR.replace('alice', 'bob'))
  const failed = told(1, 'test', files)
  assert.deepEqual([failed.passed, failed.policies[0]?.failed], [false, 1])
  put('readers.cedar', 'permit (principal')
  assert.match(told(1, 'test', files).policies[0]?.error ?? '', /cannot be read/)
  put('readers.cedar', CEDAR)
  assertFailure(run('test', folder.path), /there is no policy in/, 1)
  put('orphan.cedar', CEDAR)
  assertFailure(run('test', files), /there is no orphan.json beside it/, 2)
  rmSync(join(files, 'orphan.cedar'))
  put('other.json', '{"policy_name": 1}')
  assertFailure(run('test', files), /other\.json: policy_name/, 2)
  put('other.json', JSON.stringify({ ...READERS, policy_rules: { cedar: CEDAR } }))
  assertFailure(run('diff', files), /another file has the policy_name/, 2)
  put('other.json', JSON.stringify({ policy_name: 'Keep', policy_type: 'Retention', policy_rules: { days: 30 } }))
  assertFailure(run('test', join(folder.path, 'nowhere')), /nowhere cannot be read/, 3)
})

test('drift is shown with what differs, and pull brings the files to what the server has', () => {
  told(0, 'apply', files)
  put('readers.json', JSON.stringify({ ...READERS, description: 'Changed here' }))
  const drift = told(1, 'diff', files)
  assert.deepEqual(
    drift.policies.map(({ state, fields }) => [state, fields]),
    [
      ['same', []],
      ['changed', ['description']],
    ],
  )
  told(0, 'pull', files)
  assert.equal(readFileSync(join(files, 'readers.cedar'), 'utf8'), CEDAR)
  assert.equal(JSON.parse(readFileSync(join(files, 'readers.json'), 'utf8')).description, 'Who reads')
})

test('of several files none is written while one of them is wrong, and each that is wrong is named with where', () => {
  const before = told(0, 'diff', files)
  put('readers.cedar', `${CEDAR}\nforbid (principal,\n  action = Action::"x", resource);`)
  put('third.json', JSON.stringify({ policy_name: 'Third', policy_type: 'Retention', policy_rules: { days: 3 } }))
  assertFailure(run('apply', files), /readers\.json.*line 4, column 3: .*Nothing was written/, 1)
  rmSync(join(files, 'third.json'))
  put('readers.cedar', CEDAR)
  assert.deepEqual(told(0, 'diff', files), before)
})

test('a draft waits for its submission, also one that was held back by a warning', () => {
  put(
    'never.json',
    JSON.stringify({ ...READERS, policy_name: 'Never', tests: [{ ...READERS.tests[0], expect: 'deny' }] }),
  )
  put('never.cedar', 'permit (principal, action, resource is file) when { resource.size > 5 && resource.size < 5 };')
  assertFailure(run('apply', files, '--submit'), /never_matches.*add --accept-warnings/, 1)
  assert.match(probity(['policy', 'diff', files], here).stdout, /Never: version 1, draft, does not count yet/)
  const [done] = told(0, 'apply', files, '--submit', '--accept-warnings').policies.filter(
    (one) => one.policy_name === 'Never',
  )
  assert.deepEqual([done?.version, done?.state], [1, 'in_review'])
})

test('files are formatted with their comments; --check writes nothing, names what would change and ends with 1', () => {
  const [loose, broken] = [join(folder.path, 'loose.cedar'), join(folder.path, 'broken.cedar')]
  const text = '// who reads\npermit(principal==user::"alice",action,resource) // and what\nwhen{resource.size>5};'
  writeFileSync(loose, text)
  writeFileSync(broken, 'permit (principal')
  const ran = (expected: number, ...words: string[]) => {
    const answer = run('format', ...words)
    assert.equal(answer.status, expected, answer.stdout + answer.stderr)
    return lastJson<{ changed: number; files: { file: string; changed: boolean; error: string | null }[] }>(answer)
  }
  const tidy = join(files, 'readers.cedar')
  ran(0, tidy)
  const checked = ran(1, tidy, loose, '--check')
  assert.deepEqual(
    checked.files.filter(({ changed }) => changed).map(({ file }) => file),
    [loose],
  )
  assert.match(
    probity(['policy', 'format', tidy, loose, '--check'], here).stdout,
    /loose\.cedar {2}would change\n1 file of 2/,
  )
  assert.equal(readFileSync(loose, 'utf8'), text)
  assert.equal(ran(0, loose).changed, 1)
  assert.equal(
    readFileSync(loose, 'utf8'),
    '// who reads\npermit (\n  principal == user::"alice",\n  action,\n  resource\n) // and what\nwhen { resource.size > 5 };\n',
  )
  assert.equal(ran(0, loose, '--check').changed, 0)
  const [refused] = ran(1, broken).files
  assert.match(refused?.error ?? '', /cannot be read/)
  assert.equal(readFileSync(broken, 'utf8'), 'permit (principal')
  assertFailure(run('format', join(folder.path, 'nowhere.cedar')), /nowhere\.cedar cannot be read/, 3)
})

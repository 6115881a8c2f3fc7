// Makes a fresh clone ready: installs what package-lock.json says when it is not there yet, and sees that Node 24 is in use.
// Runs under whatever Node the machine has, so only old syntax here. Node 24 itself comes as a package (node_modules/.bin/node)
// where the registry has one for the platform; `npm run` puts that directory first in PATH.
'use strict'
var fs = require('fs')
var path = require('path')
var crypto = require('crypto')
var childProcess = require('child_process')

var root = path.join(__dirname, '..')
var stamp = path.join(root, 'node_modules', '.jit-setup')
var wanted = crypto.createHash('sha256').update(fs.readFileSync(path.join(root, 'package-lock.json'))).digest('hex')

function read(file) {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return ''
    throw error
  }
}

function run(command, args) {
  var ended = childProcess.spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], shell: process.platform === 'win32' })
  if (ended.error) throw ended.error
  if (ended.status !== 0) process.exit(ended.status || 1)
}

if (read(stamp) !== wanted) {
  console.error('Installing the packages of package-lock.json (once, about half a minute) ...')
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  fs.writeFileSync(stamp, wanted)
}

var bundled = path.join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')
var version = fs.existsSync(bundled)
  ? childProcess.execFileSync(bundled, ['--version'], { encoding: 'utf8', shell: process.platform === 'win32' }).trim()
  : process.version
var parts = version.slice(1).split('.').map(Number)
if (parts[0] < 24 || (parts[0] === 24 && parts[1] < 15)) {
  console.error('jit needs Node.js 24.15 or newer; this is ' + version + ', and there is no package of it for this platform. Install it, e.g. with: fnm install 24')
  process.exit(1)
}

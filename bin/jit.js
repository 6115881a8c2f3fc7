#!/usr/bin/env node
// Where nobody listens, Node opens a debugger at this signal: of a process that holds keys.
process.on('SIGUSR1', function () {})

// Only syntax that old versions of Node parse, so that they can say why they refuse.
var wanted = [24, 15]
var actual = process.versions.node.split('.').map(Number)

async function start() {
  if (['credential-process', 'kube-credential', 'gcp-credential', 'status'].includes(process.argv[2])) {
    var fast = await import('../dist/jit-fast/main.js')
    if (await fast.main()) return
  }
  var jit = await import('../dist/jit/main.js')
  await jit.main(process.argv[1])
}

if (actual[0] < wanted[0] || (actual[0] === wanted[0] && actual[1] < wanted[1])) {
  process.stderr.write('jit needs Node ' + wanted.join('.') + ' or newer; this is ' + process.versions.node + '.\n')
  process.exitCode = 2
} else void start()

#!/usr/bin/env node
// Where nobody listens, Node opens a debugger at this signal: of a process that holds keys.
process.on('SIGUSR1', function () {})

// Only syntax that old versions of Node parse, so that they can say why they refuse.
var wanted = [24, 15]
var actual = process.versions.node.split('.').map(Number)
if (actual[0] < wanted[0] || (actual[0] === wanted[0] && actual[1] < wanted[1])) {
  process.stderr.write(
    'jit-endpoint needs Node ' + wanted.join('.') + ' or newer; this is ' + process.versions.node + '.\n',
  )
  process.exitCode = 2
} else {
  void import('../dist/jit-endpoint/main.js')
    .then(function (endpoint) {
      return endpoint.main()
    })
    .then(function (code) {
      process.exitCode = code
      return code
    })
}

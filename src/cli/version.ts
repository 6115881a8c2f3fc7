import manifest from '../../package.json' with { type: 'json' }

export { manifest }

import type { ApprovalApi } from '../../client/approval/types.ts'
import type { Leasing } from '../../client/leasing.ts'
import type { Busy } from './busy.ts'

/** The same API; whoever watches is told what a slow call is about. Long polls are not: whoever waits for people says so himself. */
export function busyApi(api: ApprovalApi, endpoint: string, busy: Busy): ApprovalApi {
  const { host } = new URL(endpoint)
  const asking = `Asking ${host}`
  const telling = `Telling ${host}`
  return {
    get jkt() {
      return api.jkt
    },
    clockOffsetMs: () => api.clockOffsetMs(),
    me: (signal) => busy.during(`${asking} who you are`, () => api.me(signal)),
    targets: (signal) => busy.during(`${asking} what you may ask for`, () => api.targets(signal)),
    explain: (request, signal) => busy.during(`${asking} who would decide`, () => api.explain(request, signal)),
    ask: (request, key, signal) => busy.during(`${asking} for access`, () => api.ask(request, key, signal)),
    request: (id, waitSeconds, signal) =>
      waitSeconds > 0
        ? api.request(id, waitSeconds, signal)
        : busy.during(`${asking} how the request stands`, () => api.request(id, waitSeconds, signal)),
    requests: (which, signal) => busy.during(`${asking} for requests`, () => api.requests(which, signal)),
    approve: (id, signal) => busy.during(`${telling} that you approve`, () => api.approve(id, signal)),
    deny: (id, reason, signal) => busy.during(`${telling} that you deny`, () => api.deny(id, reason, signal)),
    cancel: (id, signal) => busy.during(`${telling} that you take it back`, () => api.cancel(id, signal)),
    credentials: (id, key, signal) =>
      busy.during(`Waiting for ${host} to fetch credentials from the cloud`, () => api.credentials(id, key, signal)),
    endGrant: (id, signal) => busy.during(`${telling} that the grant is over`, () => api.endGrant(id, signal)),
    channel: (call, signal) => api.channel(call, signal),
    receipt: (id, receipt, signal) =>
      busy.during(`${telling} what is gone from this machine`, () => api.receipt(id, receipt, signal)),
    stop: (call, signal) => busy.during(`${telling} to stop access`, () => api.stop(call, signal)),
    stops: (signal) => busy.during(`${asking} what is stopped`, () => api.stops(signal)),
    liftStop: (id, signal) => busy.during(`${telling} to give access again`, () => api.liftStop(id, signal)),
  }
}

/** The same leases; another process, a slow disk or a keychain may hold any of this up. */
export const busyLeasing = (leasing: Leasing, busy: Busy): Leasing => ({
  ...leasing,
  write: (lease, ...rest) =>
    busy.during(`Writing the credentials of ${lease.target}`, () => leasing.write(lease, ...rest)),
  wipe: (...args) => busy.during('Removing credentials from this machine', () => leasing.wipe(...args)),
  sweep: () => busy.during('Removing credentials that are over', () => leasing.sweep()),
})

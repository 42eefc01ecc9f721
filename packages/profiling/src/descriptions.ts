/** What each profile means in Node: the sentences of the index page. */
export const descriptions = {
  allocs: "What has been allocated in the JavaScript heap since the process began, by the stack that allocated it.",
  block: "Stalls of the event loop: what ran while it did not turn. Go shows blocked goroutines here.",
  cmdline: "The command line of this process, without its secrets.",
  goroutine: "Work in flight: object turns, requests, streams, timers, and the handles that Node keeps open.",
  heap: "Objects that live in the JavaScript heap, by the stack that allocated them. Buffers are not among them.",
  heapsnapshot: "Every object of the heap, for DevTools. POST only: it stops the process while it is taken.",
  mutex: "Waiting in the queues of objects, charged to the method that held the object meanwhile.",
  profile: "CPU profile of the JavaScript thread: 30 seconds, or as many as ?seconds= says.",
  symbol: "For pprof's older protocol. The profiles name everything themselves, so there is nothing to look up.",
  threadcreate: "Threads of the operating system that the process has now, with the CPU time of each.",
  trace: "What happened when, as JSON for Chrome, Perfetto and speedscope: 1 second, or as many as ?seconds= says.",
} as const;

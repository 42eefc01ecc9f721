/** What each profile means in Node, next to its meaning in Go: the sentences of the index page. */
export const descriptions = {
  allocs:
    "What has been allocated in the JavaScript heap since the process began, by the stack that allocated it. In Go: the same, of Go's heap.",
  block:
    "Stalls of the event loop: what ran while it did not turn. In Go: where goroutines waited for channels and locks.",
  cmdline: "The command line of this process. In Go: the same, with its secrets.",
  goroutine:
    "Work in flight: object turns, requests, streams, timers, and the handles that Node keeps open. In Go: the stacks of all goroutines.",
  heap: "Objects that live in the JavaScript heap, by the stack that allocated them; buffers are not among them. In Go: the same, of Go's heap.",
  mutex:
    "Waiting in the queues of objects, charged to the method that held the object meanwhile. In Go: waiting for locks, charged to who unlocks.",
  profile:
    "CPU profile of the JavaScript thread: 30 seconds, or as many as ?seconds= says. In Go: of all threads that run goroutines.",
  symbol: "Names for addresses. The profiles name everything themselves, so there are none to look up.",
  threadcreate:
    "Threads of the operating system that the process has now, with the CPU time of each. In Go: the stacks that made threads.",
  trace:
    "What happened when, as JSON for Chrome, Perfetto and speedscope: 1 second, or as many as ?seconds= says. In Go: a format of its own.",
} as const;

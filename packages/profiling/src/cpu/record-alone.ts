import { openInspectorSession } from "../inspector-session.ts";
import type { CpuRecording } from "./cpu-hub.ts";
import type { CpuProfile } from "./cpu-profile.ts";

/** Begins a recording with a sampler of its own, for a rate other than the shared one. */
export async function recordAlone(intervalUs: number): Promise<CpuRecording> {
  const session = openInspectorSession();
  try {
    await session.post("Profiler.enable");
    await session.post("Profiler.setSamplingInterval", { interval: intervalUs });
    await session.post("Profiler.start");
  } catch (error) {
    session.close();
    throw error;
  }
  return {
    end: async () => {
      try {
        const { profile } = (await session.post("Profiler.stop")) as { profile: CpuProfile };
        return profile;
      } finally {
        session.close();
      }
    },
  };
}

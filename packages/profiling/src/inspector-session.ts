import { Session } from "node:inspector";

/** The inspector is not to be had: the message says why, and what to do. */
export class InspectorUnavailableError extends Error {
  override readonly name = "InspectorUnavailableError";
}

/** A connection of this process to its own inspector. */
export interface InspectorSession {
  post(method: string, params?: object): Promise<unknown>;
  /** Calls `listener` with the parameters of each such event, until the session is closed. */
  on(event: string, listener: (params: unknown) => void): void;
  close(): void;
}

/** Connects. Throws `InspectorUnavailableError` where Node's permission model forbids it. */
export function openInspectorSession(): InspectorSession {
  const session = connect();
  return {
    post: (method, params) =>
      new Promise((resolve, reject) => {
        session.post(method, params, (error, result) => {
          if (error === null) resolve(result);
          else reject(new Error(`${method}: ${error.message}`));
        });
      }),
    on: (event, listener) => void session.on(event, ({ params }: { params: unknown }) => listener(params)),
    close: () => session.disconnect(),
  };
}

function connect(): Session {
  try {
    const session = new Session();
    session.connect();
    return session;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new InspectorUnavailableError(
      `the inspector of this process cannot be used (${text}): where Node runs with --permission, add --allow-inspector`,
      { cause: error },
    );
  }
}

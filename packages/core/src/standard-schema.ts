/**
 * The interface of Standard Schema (https://standardschema.dev), version 1: what zod, valibot, arktype and others implement. Kept
 * here so that `core` depends on nothing.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": StandardSchemaProps<Input, Output>;
}

/** The properties under the `~standard` key. */
export interface StandardSchemaProps<Input = unknown, Output = Input> {
  readonly version: 1;
  readonly vendor: string;
  readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
  /** Types only; never present at run time. */
  readonly types?: { readonly input: Input; readonly output: Output } | undefined;
}

/** What a validation answers. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One thing that is wrong with a value. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a sender may give to schema `S`; `void` without a schema. */
export type SchemaInput<S> = S extends StandardSchema ? NonNullable<S["~standard"]["types"]>["input"] : void;

/** What a receiver gets from schema `S`; `void` without a schema. */
export type SchemaOutput<S> = S extends StandardSchema ? NonNullable<S["~standard"]["types"]>["output"] : void;

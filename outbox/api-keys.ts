import { createHash, randomBytes } from "node:crypto";
import type { Pool } from "pg";
import { UsageError } from "../core/errors.ts";
import { camelCased } from "./rows.ts";
import { statement } from "./sql.ts";

const insertKey = statement("key-create", ["enterpriseId", "name", "sha256"]);
const selectKey = statement("key-find", ["sha256"]);
const selectKeys = statement("key-list", ["enterpriseId"]);
const endKey = statement("key-revoke", ["id"]);

/** A key of a tenant. Its text is not stored. */
export interface ApiKey {
  readonly id: string;
  /** The tenant whose notifications it may send and read. */
  readonly enterpriseId: string;
  readonly name: string;
}

export interface ApiKeySummary extends ApiKey {
  readonly createdAt: string;
  /** To the minute. */
  readonly lastUsedAt: string | null;
  readonly revokedAt: string | null;
}

/** 24 random bytes after a prefix that people and secret scanners recognise. */
const shape = /^xnk_[A-Za-z0-9_-]{32}$/;
const newKey = (): string => `xnk_${randomBytes(24).toString("base64url")}`;
/** No salt and no slow hash: 192 random bits cannot be guessed. A look-up by hash takes the same time for any key, so its timing reveals nothing. */
const hashOf = (key: string): Buffer => createHash("sha256").update(key).digest();

/**
 * Creates a key. Its text is returned once and not stored.
 * @throws UsageError for a tenant id that no notification can have, or an invalid name.
 */
export async function createKey(pool: Pool, enterpriseId: string, name: string): Promise<ApiKey & { key: string }> {
  if (!/^[A-Za-z0-9._@-]{1,100}$/.test(enterpriseId))
    throw new UsageError("the tenant id must have 1 to 100 characters of A-Z a-z 0-9 . _ @ -");
  if (!/^[^\p{Cc}]{1,100}$/u.test(name) || name.trim() === "")
    throw new UsageError("the key's name must have 1 to 100 characters in one line");
  const key = newKey();
  const { rows } = await pool.query<{ id: string }>(insertKey.query({ enterpriseId, name, sha256: hashOf(key) }));
  const id = rows[0]?.id;
  if (id === undefined) throw new Error("the key was not stored");
  return { id, enterpriseId, name, key };
}

/** The key with this text; undefined when there is none or it is revoked. A text that cannot be a key costs no query. */
export async function findKey(pool: Pool, key: string): Promise<ApiKey | undefined> {
  if (!shape.test(key)) return undefined;
  return apiKey((await pool.query<Row>(selectKey.query({ sha256: hashOf(key) }))).rows[0]);
}

/** By tenant, oldest first, including revoked keys. */
export async function listKeys(pool: Pool, enterpriseId?: string): Promise<ApiKeySummary[]> {
  const { rows } = await pool.query<Record<string, unknown>>(selectKeys.query({ enterpriseId: enterpriseId ?? null }));
  return rows.map((row) => camelCased(row) as unknown as ApiKeySummary); // key-list.sql selects these columns
}

/** Revokes a key at once and for good. Undefined when there is none with that id, or it is revoked already. */
export async function revokeKey(pool: Pool, id: string): Promise<ApiKey | undefined> {
  return apiKey((await pool.query<Row>(endKey.query({ id }))).rows[0]);
}

interface Row {
  readonly id: string;
  readonly enterprise_id: string;
  readonly name: string;
}
const apiKey = (row: Row | undefined): ApiKey | undefined =>
  row && { id: row.id, enterpriseId: row.enterprise_id, name: row.name };

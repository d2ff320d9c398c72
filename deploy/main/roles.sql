-- Run once as dastern_owner after the first migrate:
--   psql "$OWNER_DATABASE_URL" -v runtime_password="'…'" -f roles.sql
-- The owner migrates; the runtime role of web and workers may only add to the audit log.
DO $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'dastern_runtime') THEN
    CREATE ROLE dastern_runtime LOGIN;
  END IF;
END $$;
ALTER ROLE dastern_runtime PASSWORD :runtime_password;
GRANT CONNECT ON DATABASE dastern TO dastern_runtime;
GRANT USAGE ON SCHEMA public TO dastern_runtime;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO dastern_runtime;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO dastern_runtime;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO dastern_runtime;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO dastern_runtime;
REVOKE UPDATE, DELETE, TRUNCATE ON audit_auditlog, audit_auditseal FROM dastern_runtime;
REVOKE INSERT, UPDATE, DELETE ON core_clock FROM dastern_runtime;

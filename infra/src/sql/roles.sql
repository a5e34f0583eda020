-- Run once by the task `database`, as RDS's administrator, and any number of times more. Neither role has a password: both
-- sign in with tokens that IAM makes (rds_iam). The one that serves owns nothing.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tyler_owner') THEN CREATE ROLE tyler_owner LOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tyler') THEN CREATE ROLE tyler LOGIN; END IF;
END
$$;
GRANT rds_iam TO tyler_owner, tyler;
GRANT tyler_owner TO CURRENT_USER;
REVOKE ALL ON DATABASE tyler FROM PUBLIC;
GRANT CONNECT ON DATABASE tyler TO tyler;
ALTER DATABASE tyler OWNER TO tyler_owner;

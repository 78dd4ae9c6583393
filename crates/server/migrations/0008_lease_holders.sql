-- The server that holds the lease of a job, by the name under which the others see that it is alive; null when they cannot.
ALTER TABLE jobs ADD COLUMN lease_holder $INT;

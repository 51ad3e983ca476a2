"""The durable state of the metering and oversight services, a database file each."""

"""The operator's end of the wire: Transport, NodeAccess, Telemetry and their recording; the same for model and kind."""

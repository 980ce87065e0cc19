"""The web face: pages, the room's WebSocket, the debrief. Flask lives here and nowhere else.

It holds sessions and never sees the cluster inside one.
"""

"""SIP: a telephone in a process of its own (`phone`), and the house's end of it (`line`).

The stack is baresip by way of `baresip-python`. It sits in a child process so that neither a busy event loop here nor a
fault there is heard on the other side: the phone paces its own sound, and is started anew when it dies.
"""

"""Search: strategies that look for certificates. Nothing here is trusted; the kernel checks what it finds."""

"""What differs between devices, behind interfaces."""

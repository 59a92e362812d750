"""What the platform is compared with: the driver alone, on the same database."""

metadata description = 'The vault for the Omnisend keys and the app\'s hash secrets.'

@description('Name of the vault.')
param name string

@description('Azure region.')
param location string

@description('Tags.')
param tags object

@description('True: a deleted vault of this name is brought back.')
param recover bool

@description('Resource id of the workspace that is told who read or wrote a secret.')
param workspaceId string

@description('True: no public network access.')
param closedNetwork bool

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    createMode: recover ? 'recover' : 'default'
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: closedNetwork ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: closedNetwork ? 'Deny' : 'Allow'
    }
  }
}

resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'audit'
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        categoryGroup: 'audit'
        enabled: true
      }
    ]
  }
}
